import { LetheError } from '../core/errors.js';
import { shownInstant } from '../core/instant.js';
import type { Row } from '../db/database.js';
import { literal, raw, sql } from '../db/sql.js';
import { keyIn } from '../datamap/key-sql.js';
import { ownersOf } from '../datamap/owners.js';
import { keyText, parseRecord, recordName, type RecordRef } from '../datamap/record-ref.js';
import { deletedBy } from '../disposal/chunk-store.js';
import { heldBy } from '../disposal/held-by.js';
import { activeProtections, type ProtectionRow } from '../disposal/protection-store.js';
import { factValue } from '../policy/fact-sql.js';
import type { FactValue, FactValues } from '../policy/predicate.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import type { RetentionContext } from './retention.js';
import { rulesOf } from '../policy/rule-answer.js';
import { verdictOf, type Judgement, type ProtectionAnswer } from './verdict.js';

export interface GoesWith extends Judgement {
  readonly record: string;
}

export interface Why extends Judgement {
  readonly record: string;
  readonly exists: boolean;
  /** Records this one would go along with, each with its rules and protections. */
  readonly goesWith: readonly GoesWith[];
  /** One sentence. */
  readonly verdict: string;
}

/**
 * Why a record is still here: which rules are about it, when it is due, what protects it and what would change that.
 * @throws LetheError `input_invalid`, `record_unknown`
 */
export async function whyRetained(context: RetentionContext, text: string): Promise<Why> {
  const { db, graph, policies } = context;
  const record = parseRecord(graph, text);
  const name = recordName(record.table, keyText(record.key));
  const own = await judge(context, record);
  if (own === null) return whyGone(context, record, name);
  const goesWith: GoesWith[] = [];
  for (const owner of await ownersOf(db, graph, record)) {
    const judgement = await judge(context, owner);
    if (judgement) goesWith.push({ record: recordName(owner.table, keyText(owner.key)), ...judgement });
  }
  return { record: name, exists: true, ...own, goesWith, verdict: verdictOf(policies, own, goesWith) };
}

/** The rules about a record and the protections that stop it; null when there is no such row. */
async function judge(context: RetentionContext, record: RecordRef): Promise<Judgement | null> {
  const { db, graph, policies, clock } = context;
  const facts = await factsOf(context, record);
  if (facts === null) return null;
  const now = clock.now();
  const rows = await activeProtections(db);
  const unplaced = policies.filter(
    ({ action, digest }) => action === 'keep' && !rows.some(({ version }) => version === digest),
  );
  const causes = await heldBy(db, graph, record, { now, floors: unplaced });
  return {
    rules: await rulesOf(policies, record.table, facts, now),
    protections: [
      ...rows.filter(({ id }) => causes.includes(id)).map(protectionAnswer),
      ...unplaced.filter(({ digest }) => causes.includes(digest)).map(floorAnswer),
    ],
  };
}

async function factsOf({ db }: RetentionContext, { table, key }: RecordRef): Promise<FactValues | null> {
  const facts = [...table.facts.values()].map((fact) => `${factValue(fact)} as ${JSON.stringify(fact.name)}`);
  const own = keyIn(table, 'this', `array[${literal(keyText(key))}]`);
  const { rows } = await db.query<Row & { record: boolean }>(sql`
    select ${raw([`${table.record} as "record?"`, ...facts].join(', '))} from ${raw(table.sql)} this where ${raw(own)}`);
  const [row] = rows;
  return row === undefined ? null : (row as Record<string, FactValue>);
}

/** A record a run deleted is answered for; one that never was is an error. */
async function whyGone({ db }: RetentionContext, { table, key }: RecordRef, record: string): Promise<Why> {
  const run = await deletedBy(db, table, keyText(key));
  if (!run) throw new LetheError('record_unknown', { record, example: `${table.concept ?? ''}/77` });
  const verdict = `gone: ${run.plan_id} (policy ${run.policy}) deleted it; its batch ended ${shownInstant(run.done_at)}`;
  return { record, exists: false, rules: [], protections: [], goesWith: [], verdict };
}

const FLOOR_ENDS = 'its period has run out, or the policy is withdrawn';

function protectionAnswer(row: ProtectionRow): ProtectionAnswer {
  const { id, kind, ground, authority, review_on } = row;
  const ends =
    kind === 'floor'
      ? FLOOR_ENDS
      : `another person than the one who placed it lifts it (lethe hold lift ${id})`;
  return { id, kind, ground, authority, reviewOn: review_on, ends };
}

/** A duty to keep that the next plan or run will place as a protection. */
const floorAnswer = ({ id, entry }: RetentionPolicy): ProtectionAnswer => ({
  id,
  kind: 'floor',
  ground: entry.ground,
  authority: entry.cite ?? null,
  reviewOn: null,
  ends: FLOOR_ENDS,
});
