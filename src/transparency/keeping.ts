import type { Period } from '../core/period.js';
import { closureOf } from '../datamap/closure.js';
import type { MapColumn, MapGraph, MapTable } from '../datamap/graph.js';
import { dataOfActivity } from '../policy/activity-data.js';
import type { ActivityPolicy } from '../policy/activity-policy.js';
import { isWithin } from '../policy/categories.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { listOf } from './needs.js';
import { compare, type Source } from './source.js';

/** What becomes of an activity's data of one category. */
export interface CategoryKept {
  readonly category: string;
  /** Where it is. */
  readonly tables: readonly MapTable[];
  /** The rule or the duty to keep by which it is kept longest; null: no rule ends it. */
  readonly longest: RetentionPolicy | null;
  /** Every rule and duty to keep about it. */
  readonly rules: readonly RetentionPolicy[];
  /** Tables whose rows with it no rule ends. */
  readonly endless: readonly MapTable[];
}

/**
 * How long an activity's data is kept, by category: by the retention policies of the activity, and where none of them
 * reaches a table, by those of other activities that do.
 */
export function keptByActivity(source: Source, activity: ActivityPolicy): readonly CategoryKept[] {
  const categories = [...listOf(activity.entry.categories)];
  const placed = dataOfActivity(source.graph, { ...activity.entry, categories }).flatMap(
    ({ table, columns }) =>
      columns.map((column) => ({ table, column, rules: rulesFor(source, activity, table, column) })),
  );
  const names = [...new Set(placed.map(({ column }) => column.category ?? ''))].sort(compare);
  return names.map((category) => {
    const own = placed.filter(({ column }) => column.category === category);
    const rules = [...new Set(own.flatMap((one) => one.rules))];
    const isEndless = (table: MapTable): boolean =>
      own.some((one) => one.table === table && !one.rules.some(({ action }) => action === 'delete'));
    const tables = [...new Set(own.map(({ table }) => table))];
    const ends = rules.some(({ action }) => action === 'delete');
    return {
      category,
      tables,
      longest: ends ? longestRule(rules) : null,
      rules,
      endless: tables.filter(isEndless),
    };
  });
}

/** The longest of all categories; null where one of them has no rule. */
export const longestOf = (kept: readonly CategoryKept[]): RetentionPolicy | null =>
  kept.every(({ longest }) => longest !== null)
    ? longestRule(kept.flatMap(({ longest }) => longest ?? []))
    : null;

const longestRule = (rules: readonly RetentionPolicy[]): RetentionPolicy | null =>
  rules.toSorted((a, b) => daysOf(b) - daysOf(a) || compare(a.id, b.id))[0] ?? null;

function rulesFor(
  { policies, graph }: Source,
  { id }: ActivityPolicy,
  table: MapTable,
  column: MapColumn,
): readonly RetentionPolicy[] {
  const reaching = policies.retention.filter(
    (rule) => reachOf(graph, rule.table).has(table) && isCovered(rule, table, column),
  );
  const own = reaching.filter(({ entry }) => entry.activity === id);
  return own.some(({ action }) => action === 'delete') ? own : reaching;
}

/** The tables that lose rows with a record's; a compiled map never changes. */
function reachOf(graph: MapGraph, root: MapTable): ReadonlySet<MapTable> {
  const known = REACHED.get(graph) ?? new Map<MapTable, ReadonlySet<MapTable>>();
  REACHED.set(graph, known);
  const reach = known.get(root) ?? new Set(closureOf(graph, root).tables);
  known.set(root, reach);
  return reach;
}
const REACHED = new WeakMap<MapGraph, Map<MapTable, ReadonlySet<MapTable>>>();

/** A duty to keep may be about some categories of what goes with its record; the record itself always stays. */
function isCovered(
  { entry, table: root }: RetentionPolicy,
  table: MapTable,
  { category }: MapColumn,
): boolean {
  if (entry.then.action !== 'keep' || table === root) return true;
  const { covers } = entry.then;
  return covers === undefined || covers.some((name) => category !== null && isWithin(category, name));
}

/** About how many days a rule keeps what it takes last: to order rules by, never to count with. */
function daysOf({ period, periodStarts }: Pick<RetentionPolicy, 'period' | 'periodStarts'>): number {
  const { years, months, weeks, days }: Period = period;
  return (years + (periodStarts === 'endOfYear' ? 1 : 0)) * 365.25 + months * 30.44 + weeks * 7 + days;
}

/** The rules and duties to keep of an activity's data, each once, by id. */
export const rulesOf = (kept: readonly CategoryKept[]): readonly RetentionPolicy[] =>
  [...new Set(kept.flatMap(({ rules }) => rules))].toSorted((a, b) => compare(a.id, b.id));
