import { canonicalJson } from '../core/canonical-json.js';
import { sha256 } from '../core/digest.js';
import { parseCron, type Cron } from '../core/cron.js';
import type { Problem } from '../core/errors.js';
import { parsePeriod, type Period, type PeriodStarts } from '../core/period.js';
import { isTimeZone } from '../core/zone.js';
import type { MapFact, MapGraph, MapTable } from '../datamap/graph.js';
import type { Condition } from './condition.js';
import { didYouMean } from '../core/did-you-mean.js';
import { categoriesOf, isWithin } from './categories.js';
import type { PolicyFile, PolicyText } from './checked-entry.js';
import type { ConditionContext } from './condition-context.js';
import { entriesOf, type JsonObject } from './json-object.js';
import { readCondition } from './read-condition.js';
import { retentionSchema, type RetentionEntry } from './retention-schema.js';
import { unknownFact } from './unknown-fact.js';
import { zodProblems } from '../datamap/zod-problems.js';

/** A checked retention policy: every name resolved against the data map. */
export interface RetentionPolicy extends PolicyText<'retention', RetentionEntry> {
  readonly table: MapTable;
  /** Null: every record of the table. */
  readonly condition: Condition | null;
  readonly start: MapFact;
  readonly period: Period;
  readonly periodStarts: PeriodStarts;
  readonly timeZone: string;
  readonly action: 'delete' | 'keep';
  readonly overrides: readonly string[];
  /** Null: plans are made by hand. */
  readonly schedule: PolicySchedule | null;
}

/** When plans of a policy are made by themselves, and how they go on. */
export interface PolicySchedule {
  readonly cron: Cron;
  readonly timeZone: string;
  /** What becomes of slots that no worker was there for: the latest is made up for, or none is. */
  readonly missed: 'once' | 'skip';
  /** Records a plan may take without approval, once a plan of this version had one; null: none ever. */
  readonly upTo: number | null;
}

/** Reads one policy file against the map. Findings go to `problems`; the result is null when there was one. */
export function readRetentionPolicy(
  graph: MapGraph,
  { path: file, content }: PolicyFile,
  problems: Problem[],
): RetentionPolicy | null {
  const before = problems.length;
  const report: Report = (path, message) => void problems.push({ file, path, message });
  const parsed = retentionSchema.safeParse(content);
  if (!parsed.success) problems.push(...zodProblems(file, parsed.error, content, retentionSchema));
  // what follows does not wait for the file to have the right form: all findings at once
  const draft = entriesOf(content);
  const keep = entriesOf(draft['keep']);
  const table = readRecord(graph, draft['record'], report);
  const timeZone = readZone(keep['timeZone'], 'keep.timeZone', report);
  const period = readPeriod(keep['for'], 'keep.for', report);
  const start = table && readStart(table, keep['from'], report);
  const condition = table && readWhen(table, draft['when'], timeZone ?? 'UTC', report);
  const cron = readSchedule(draft, report);
  checkApproval(draft, report);
  checkAction(draft, table, report);
  checkFloor(draft, graph, report);
  if (problems.length > before || !parsed.success || !table || !start || !period || !timeZone) return null;
  const entry = parsed.data;
  const text = canonicalJson(content);
  return {
    kind: 'retention',
    id: entry.id,
    entry,
    text,
    digest: sha256(text),
    table,
    condition: condition ?? null,
    start,
    period,
    periodStarts: entry.keep.periodStarts,
    timeZone,
    action: entry.then.action === 'keep' ? 'keep' : 'delete',
    overrides: entry.overrides ?? [],
    schedule: cron && scheduleOf(entry, cron),
  };
}

function scheduleOf({ schedule }: RetentionEntry, cron: Cron): PolicySchedule | null {
  if (!schedule) return null;
  const { timeZone, missed = 'once', withoutApproval } = schedule;
  return { cron, timeZone, missed, upTo: withoutApproval?.upTo ?? null };
}

type Report = ConditionContext['report'];

function readRecord(graph: MapGraph, record: unknown, report: Report): MapTable | null {
  if (typeof record !== 'string') return null;
  const table = graph.records.get(record);
  if (!table)
    report(
      'record',
      `the data map "${graph.id}" has no record "${record}"${didYouMean(record, [...graph.records.keys()])}`,
    );
  return table ?? null;
}

function readZone(zone: unknown, path: string, report: Report): string | null {
  if (typeof zone !== 'string') return null;
  if (isTimeZone(zone)) return zone;
  report(path, `unknown time zone "${zone}"; use an IANA name such as "Europe/Berlin" or "UTC"`);
  return null;
}

function readSchedule(draft: JsonObject, report: Report): Cron | null {
  const { cron: text, timeZone } = entriesOf(draft['schedule']);
  if (draft['schedule'] !== undefined && entriesOf(draft['then'])['action'] === 'keep')
    report('schedule', 'a duty to keep takes no records; it has no schedule');
  readZone(timeZone, 'schedule.timeZone', report);
  const cron = typeof text === 'string' ? parseCron(text) : null;
  if (cron === null || !('problem' in cron)) return cron;
  report('schedule.cron', `"${String(text)}": ${cron.problem}`);
  return null;
}

function readPeriod(text: unknown, path: string, report: Report): Period | null {
  if (typeof text !== 'string') return null;
  const period = parsePeriod(text);
  if (!('problem' in period)) return period;
  report(path, `"${text}": ${period.problem}`);
  return null;
}

function readStart(table: MapTable, name: unknown, report: Report): MapFact | null {
  if (typeof name !== 'string') return null;
  const fact = table.facts.get(name);
  const instants = [...table.facts.values()]
    .filter(({ type }) => type === 'instant')
    .map((other) => other.name);
  if (!fact) report('keep.from', unknownFact(table, name, instants));
  else if (fact.type !== 'instant')
    report('keep.from', `fact "${name}" is no instant (instants: ${instants.join(', ')})`);
  else return fact;
  return null;
}

function readWhen(table: MapTable, when: unknown, timeZone: string, report: Report): Condition | null {
  return when === undefined ? null : readCondition({ table, timeZone, report }, when, 'when');
}

function checkApproval(draft: JsonObject, report: Report): void {
  const { assurance, validFor } = entriesOf(draft['approval']);
  readPeriod(validFor, 'approval.validFor', report);
  if (assurance === 'authenticated')
    report(
      'approval.assurance',
      '"authenticated" needs the HTTP service, which this version of Lethe does not have yet; use "asserted"',
    );
}

function checkAction(draft: JsonObject, table: MapTable | null, report: Report): void {
  const { action } = entriesOf(draft['then']);
  if (action === 'anonymise')
    report(
      'then.action',
      '"anonymise" is not available in this version of Lethe; use "delete", or wait with this policy',
    );
  const forbidden = table?.forbidsDelete ?? null;
  if (action === 'delete' && forbidden !== null)
    report('then.action', `"${String(draft['record'])}" records cannot be deleted: ${forbidden}`);
}

/** A duty to keep stands in a law, and names what it is about; a category nobody has would protect nothing. */
function checkFloor(draft: JsonObject, graph: MapGraph, report: Report): void {
  const { action, covers } = entriesOf(draft['then']);
  if (action !== 'keep') return;
  const { ground, cite, overrides } = draft;
  if (ground !== undefined && ground !== 'statute')
    report('ground', 'a duty to keep needs "ground": "statute"');
  if (cite === undefined) report('cite', 'is missing; a duty to keep names its provision, such as "HGB 257"');
  if (overrides !== undefined)
    report('overrides', 'a duty to keep overrides nothing; it protects whatever rules say');
  const known = categoriesOf(graph);
  for (const [index, name] of (Array.isArray(covers) ? covers : []).entries())
    if (typeof name === 'string' && !known.some((category) => isWithin(category, name)))
      report(
        `then.covers[${index}]`,
        `no column of the data map has the category "${name}"${didYouMean(name, known)}`,
      );
}
