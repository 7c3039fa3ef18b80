import { LetheError } from '../core/errors.js';
import { dueOf } from '../core/period.js';
import type { Instant } from '../core/instant.js';
import type { Row } from '../db/database.js';
import { literal, raw, sql } from '../db/sql.js';
import { keyArray, keyIn } from '../datamap/key-sql.js';
import { ownersOf } from '../datamap/owners.js';
import { keyText, parseRecord, recordName, type RecordRef } from '../datamap/record-ref.js';
import { deletedBy } from '../disposal/chunk-store.js';
import { heldBy } from '../disposal/held-by.js';
import { rivalRules } from '../disposal/plan.js';
import { activeProtections, type ProtectionRow } from '../disposal/protection-store.js';
import type { TimelessCondition } from '../policy/condition.js';
import { factValue } from '../policy/fact-sql.js';
import { decide, type FactValue, type FactValues } from '../policy/predicate.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { bindRule, type BoundRule } from '../policy/rule-sql.js';
import { describeTest } from './describe-test.js';
import type { RetentionContext } from './retention.js';

export interface RuleAnswer {
  readonly policy: string;
  readonly action: 'delete' | 'keep';
  /** The rule is about this record, due or not. */
  readonly matches: boolean;
  /** What would have to be otherwise for the rule to match. */
  readonly unmet: readonly string[];
  readonly start: string | null;
  readonly due: string | null;
  readonly isDue: boolean;
}

export interface ProtectionAnswer {
  readonly id: string;
  readonly kind: string;
  readonly ground: string;
  readonly authority: string | null;
  readonly reviewOn: string | null;
  /** What would end it. */
  readonly ends: string;
}

export interface Why {
  readonly record: string;
  readonly exists: boolean;
  readonly rules: readonly RuleAnswer[];
  readonly protections: readonly ProtectionAnswer[];
  /** Records this one would go along with, each with its rules. */
  readonly goesWith: readonly { readonly record: string; readonly rules: readonly RuleAnswer[] }[];
  /** One sentence. */
  readonly verdict: string;
}

/**
 * Why a record is still here: which rules are about it, when it is due, what protects it and what would change that.
 * @throws LetheError `input_invalid`, `record_unknown`
 */
export async function whyRetained(context: RetentionContext, text: string): Promise<Why> {
  const { db, graph, clock } = context;
  const record = parseRecord(graph, text);
  const asOf = clock.now();
  const name = recordName(record.table, keyText(record.key));
  const facts = await factsOf(context, record);
  if (facts === null) return whyGone(context, record, name);
  const rules = await rulesOf(context, record, facts, asOf);
  const causes = await heldBy(db, graph, record, asOf);
  const rows = await activeProtections(db);
  const protections = rows.filter(({ id }) => causes.includes(id)).map(protectionAnswer);
  const goesWith = [];
  for (const owner of await ownersOf(db, graph, record)) {
    const ownerFacts = await factsOf(context, owner);
    if (ownerFacts)
      goesWith.push({
        record: recordName(owner.table, keyText(owner.key)),
        rules: await rulesOf(context, owner, ownerFacts, asOf),
      });
  }
  const verdict = verdictOf(context.policies, rules, protections);
  return { record: name, exists: true, rules, protections, goesWith, verdict };
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
  const { rows } = await db.query<Row & { id: string; policy: string; done_at: string }>(sql`
    select p.id, p.policy, c.done_at from lethe.chunk c join lethe.plan p on p.id = c.plan_id
    where p.record = ${table.concept} and c.state <> 'open'
      and ${keyText(key)} = any (c.${raw(keyArray(table).column)}::text[]) limit 1`);
  const [run] = rows;
  if (!run) throw new LetheError('record_unknown', { record, example: `${table.concept ?? ''}/77` });
  const verdict = `gone: it was an item of ${run.id} (policy ${run.policy}), dealt with before ${run.done_at}`;
  return { record, exists: false, rules: [], protections: [], goesWith: [], verdict };
}

async function rulesOf(
  { policies }: RetentionContext,
  { table }: RecordRef,
  facts: FactValues,
  asOf: Instant,
): Promise<readonly RuleAnswer[]> {
  const about = policies.filter((policy) => policy.table === table);
  return Promise.all(about.map((policy) => answerOf(bindRule(policy, asOf), facts)));
}

async function answerOf({ policy, cutoff, condition }: BoundRule, facts: FactValues): Promise<RuleAnswer> {
  const isRecord = facts['record?'] === true;
  const matches = isRecord && (condition === null || (await decide(condition, facts)));
  const start = facts[policy.start.name];
  const from = typeof start === 'string' ? (start as Instant) : null;
  const unmet = matches || condition === null ? [] : await unmetLeaves(condition, facts);
  return {
    policy: policy.id,
    action: policy.action,
    matches,
    unmet: isRecord ? unmet : ['it is no record of its own; it goes along with another'],
    start: from,
    due: from && dueOf(from, policy.period, policy.timeZone, policy.periodStarts),
    isDue: from !== null && from <= cutoff,
  };
}

/** The leaves that fail now, in words. */
async function unmetLeaves(condition: TimelessCondition, facts: FactValues): Promise<readonly string[]> {
  if (condition.kind !== 'leaf') {
    const parts = await Promise.all(condition.of.map((part) => unmetLeaves(part, facts)));
    return condition.kind === 'any' && parts.some((part) => part.length === 0) ? [] : parts.flat();
  }
  if (await decide(condition, facts)) return [];
  return [describeTest(condition.fact, condition.test, facts[condition.fact.name] ?? null)];
}

function protectionAnswer(row: ProtectionRow): ProtectionAnswer {
  const { id, kind, ground, authority, review_on } = row;
  const ends =
    kind === 'floor'
      ? 'its period has run out, or the policy is withdrawn'
      : `another person than the one who placed it lifts it (lethe hold lift ${id})`;
  return { id, kind, ground, authority, reviewOn: review_on, ends };
}

function verdictOf(
  policies: readonly RetentionPolicy[],
  rules: readonly RuleAnswer[],
  protections: readonly ProtectionAnswer[],
): string {
  const matching = rules.filter(({ action, matches }) => action === 'delete' && matches);
  const [protection] = protections;
  if (protection)
    return `kept: ${protection.kind} ${protection.id} (${protection.ground}) stops every disposal`;
  const [rule] = matching;
  if (!rule) return 'kept: no disposal rule is about this record as it is now';
  const conflict = conflictOf(policies, matching);
  if (conflict !== null) return conflict;
  if (rule.start === null) return `kept: ${rule.policy} counts from an event that has not happened`;
  if (!rule.isDue) return `kept until ${rule.due ?? ''} by ${rule.policy}`;
  return `due since ${rule.due ?? ''} by ${rule.policy}; the next plan takes it`;
}

function conflictOf(policies: readonly RetentionPolicy[], matching: readonly RuleAnswer[]): string | null {
  const ids = matching.map(({ policy }) => policy);
  const competing = policies.filter(({ id }) => ids.includes(id));
  const clash = competing.find((policy) =>
    rivalRules(policy, competing).some(({ outcome }) => outcome === 'conflict'),
  );
  return clash ? `kept: ${ids.join(' and ')} both match it; one must name the other in "overrides"` : null;
}
