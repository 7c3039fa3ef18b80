import type { Database, Row, Tx } from '../db/database.js';
import { throughDoor } from '../db/disposal-door.js';
import { literal, raw, sql } from '../db/sql.js';
import { closureOf } from '../datamap/closure.js';
import type { MapGraph, MapTable } from '../datamap/graph.js';
import { keyAsText, sameKey } from '../datamap/key-sql.js';
import { recordName } from '../datamap/record-ref.js';
import { factValue } from '../policy/fact-sql.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { bindRule, keepsSql } from '../policy/rule-sql.js';
import { ownersAbove } from './covered.js';
import { PLAN_SETTINGS } from './plan.js';
import type { Moment } from './protections.js';
import { activeProtections, type ProtectionRow } from './protection-store.js';
import { createOutcomes, keyOf, noteOutcomes, outcomesTable, type SetName } from './set-outcomes.js';
import { workTables } from './work-tables.js';

/** The policies in force and those that would be, asked of the same records at one instant. */
export interface TwoSets {
  readonly graph: MapGraph;
  readonly inForce: readonly RetentionPolicy[];
  readonly draft: readonly RetentionPolicy[];
  readonly moment: Moment;
}

/**
 * What becomes of a record with the drafts:
 * `gained`, `lost`: a disposal rule takes it, or no longer does; `kept`: what stops the rule that took a lost one;
 * `protected`, `conflict`: a rule newly reaches it, and a protection or another rule keeps it;
 * `protects`, `releases`: a duty to keep that begins or ends to protect it.
 */
export type SetChange = 'gained' | 'lost' | 'kept' | 'protected' | 'conflict' | 'protects' | 'releases';

/** How many records of one policy change in one way, by month of the start event. */
export interface ChangeCount extends Row {
  readonly policy: string;
  readonly change: SetChange;
  /** Of `kept`: protected, conflict, overridden. */
  readonly outcome: string;
  /** The protection or the other rule; empty where there is none. */
  readonly cause: string;
  /** `2023-04` in the policy's time zone; empty where the event has not happened. */
  readonly month: string;
  readonly records: number;
}

/** One record that changes. */
export interface RecordChange {
  readonly record: string;
  readonly change: Exclude<SetChange, 'kept'>;
  readonly policy: string;
  /** The protections or rules that keep it, separated by commas. */
  readonly by?: string;
}

export interface SetComparison {
  readonly counts: readonly ChangeCount[];
  /** Holds and other protections that were in force, without duties to keep. */
  readonly protections: readonly ProtectionRow[];
}

/**
 * Compares what two sets of policies would take from the live records: every disposal rule as a plan of it would, in one
 * snapshot. Nothing is stored.
 * @param onRecord is told of each record, table by table, and waited for
 */
export function compareSets(
  db: Database,
  sets: TwoSets,
  onRecord?: (change: RecordChange) => Promise<void>,
): Promise<SetComparison> {
  // nothing is destroyed here; the door is needed for the same work tables that a batch uses
  return throughDoor(
    db,
    async (tx) => {
      await tx.script(PLAN_SETTINGS);
      const counts: ChangeCount[] = [];
      for (const table of changedTables(sets)) {
        await findChanges(tx, sets, table);
        counts.push(...(await countChanges(tx, sets, table)));
        if (onRecord) await tellRecords(tx, sets.graph, table, onRecord);
      }
      const protections = (await activeProtections(tx)).filter(({ kind }) => kind !== 'floor');
      return { counts, protections };
    },
    { isolation: 'repeatable read' },
  );
}

/** The tables whose records one set may treat otherwise than the other. */
export function changedTables({ graph, inForce, draft }: TwoSets): readonly MapTable[] {
  const tables = new Set([...inForce, ...draft].map(({ table }) => table));
  return [...tables].filter(
    (table) => digestsAbout(graph, table, inForce) !== digestsAbout(graph, table, draft),
  );
}

/** The policies that have a say in what becomes of a table's records. */
function digestsAbout(graph: MapGraph, table: MapTable, policies: readonly RetentionPolicy[]): string {
  const reach = [...closureOf(graph, table).tables, ...ownersAbove(graph, table)];
  return policies
    .filter((policy) => policy.table === table || (policy.action === 'keep' && reach.includes(policy.table)))
    .map(({ digest }) => digest)
    .sort()
    .join();
}

async function findChanges(tx: Tx, sets: TwoSets, table: MapTable): Promise<void> {
  const { graph, moment } = sets;
  const work = workTables(graph);
  const [outcomes, changes] = [outcomesTable(work, table), work.named(table, 'changes')];
  await createOutcomes(tx, graph, table);
  for (const name of ['inForce', 'draft'] satisfies readonly SetName[])
    await noteOutcomes(tx, { graph, name, policies: sets[name], moment }, table);
  await tx.script(
    [
      `analyze ${outcomes}`,
      `create temporary table if not exists ${changes} on commit delete rows as
         select ${keyOf(table, 'this')}, ''::text as lethe_change, ''::text as lethe_policy, ''::text as lethe_outcome, ''::text as lethe_cause
         from ${table.sql} this with no data`,
      ...ruleChanges(table, outcomes).map((select) => `insert into ${changes} ${select}`),
      ...floorChanges(sets, table).map((select) => `insert into ${changes} ${select}`),
      `analyze ${changes}`,
    ].join(';\n'),
  );
}

/** A record that one set takes and the other does not, whichever rule of the set it is. */
function ruleChanges(table: MapTable, outcomes: string): readonly string[] {
  const key = keyOf(table, 'here');
  const among = (set: SetName, wanted: readonly string[]): string =>
    `exists (select from ${outcomes} there where there.lethe_set = '${set}'
       and there.lethe_outcome in (${wanted.map(literal).join(', ')}) and ${sameKey(table, 'here', 'there')})`;
  const rows = (change: SetChange, set: SetName, outcome: string, where: string): string =>
    `select ${key}, '${change}', here.lethe_rule, here.lethe_outcome, here.lethe_cause from ${outcomes} here
     where here.lethe_set = '${set}' and here.lethe_outcome = '${outcome}' and not ${where}`;
  return [
    rows('gained', 'draft', 'taken', among('inForce', ['taken'])),
    rows('lost', 'inForce', 'taken', among('draft', ['taken'])),
    `select ${key}, 'kept', here.lethe_rule, why.lethe_outcome, why.lethe_cause
     from ${outcomes} here join ${outcomes} why on ${sameKey(table, 'here', 'why')}
     where here.lethe_set = 'inForce' and here.lethe_outcome = 'taken'
       and why.lethe_set = 'draft' and why.lethe_rule = here.lethe_rule and why.lethe_outcome <> 'taken' and not ${among('draft', ['taken'])}`,
    rows('protected', 'draft', 'protected', among('inForce', ['taken', 'protected'])),
    rows('conflict', 'draft', 'conflict', among('inForce', ['taken', 'conflict'])),
  ];
}

function floorChanges({ inForce, draft, moment }: TwoSets, table: MapTable): readonly string[] {
  const floorsOf = (policies: readonly RetentionPolicy[]): ReadonlyMap<string, string> =>
    new Map(
      policies
        .filter((policy) => policy.action === 'keep' && policy.table === table)
        .map((floor) => [floor.id, `coalesce((${keepsSql(bindRule(floor, moment.asOf))}), false)`]),
    );
  const [before, after] = [floorsOf(inForce), floorsOf(draft)];
  const rows = (change: SetChange, id: string, keeps = 'false', kept = 'false'): string =>
    `select ${keyOf(table, 'this')}, '${change}', ${literal(id)}, '', '' from ${table.sql} this where ${keeps} and not ${kept}`;
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((id) => before.get(id) !== after.get(id))
    .flatMap((id) => [
      rows('protects', id, after.get(id), before.get(id)),
      rows('releases', id, before.get(id), after.get(id)),
    ]);
}

/** Which set's version of a policy a change is told by. */
const SIDES: Readonly<Record<SetName, readonly SetChange[]>> = {
  inForce: ['lost', 'kept', 'releases'],
  draft: ['gained', 'protected', 'conflict', 'protects'],
};

async function countChanges(tx: Tx, sets: TwoSets, table: MapTable): Promise<readonly ChangeCount[]> {
  const changes = workTables(sets.graph).named(table, 'changes');
  const counts: ChangeCount[] = [];
  for (const side of ['inForce', 'draft'] satisfies readonly SetName[])
    for (const policy of sets[side].filter((other) => other.table === table)) {
      const { rows } = await tx.query<ChangeCount & { records: string }>(sql`
        select policy, change, outcome, cause, month, count(*) as records
        from (
          select lethe_policy as policy, lethe_change as change, lethe_outcome as outcome, lethe_cause as cause,
            coalesce(to_char((${raw(factValue(policy.start))})::timestamptz at time zone ${policy.timeZone}, 'YYYY-MM'), '') as month
          from ${raw(table.sql)} this join ${raw(changes)} changes on ${raw(sameKey(table, 'this', 'changes'))}
          where lethe_policy = ${policy.id} and lethe_change = any(${SIDES[side]}::text[])
        ) changed
        group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5`);
      counts.push(...rows.map((row) => ({ ...row, records: Number(row.records) })));
    }
  return counts;
}

/** Records told of in one round trip. */
const AT_ONCE = 2000;

async function tellRecords(
  tx: Tx,
  graph: MapGraph,
  table: MapTable,
  onRecord: (change: RecordChange) => Promise<void>,
): Promise<void> {
  const changes = workTables(graph).named(table, 'changes');
  // "kept" tells why a lost record is: one line a record
  await tx.script(`declare lethe_changes cursor for
    select key, change, policy, coalesce(string_agg(distinct nullif(cause, ''), ', '), '') as cause
    from (select ${keyAsText(table, 'changes')} as key, lethe_policy as policy, lethe_cause as cause,
            case lethe_change when 'kept' then 'lost' else lethe_change end as change
          from ${changes} changes) told
    group by key, change, policy order by change, policy, key`);
  for (;;) {
    const { rows } = await tx.query<Row & { key: string; cause: string } & Omit<RecordChange, 'record'>>(
      sql`fetch ${raw(String(AT_ONCE))} from lethe_changes`,
    );
    for (const { key, change, policy, cause } of rows)
      await onRecord({
        ...{ record: recordName(table, key), change, policy },
        ...(cause === '' ? {} : { by: cause }),
      });
    if (rows.length < AT_ONCE) break;
  }
  await tx.script('close lethe_changes');
}
