import { LetheError } from '../core/errors.js';
import type { IntakePolicy } from '../policy/intake-policy.js';
import type { IntakeEntry } from '../policy/intake-schema.js';
import { masked } from '../policy/masks.js';
import type { Purpose } from '../policy/purposes.js';
import { cutText, type CutCounts } from './cut-text.js';
import { CUT_KINDS, type CutKind } from './span.js';

export type Channel = IntakeEntry['channel'];
type Use = IntakeEntry['fields'][string];

export interface IntakeOrder {
  /** All in force; those of the channel and the purpose count. */
  readonly policies: readonly IntakePolicy[];
  readonly channel: Channel;
  readonly purpose: Purpose;
  /** Values by column: `customer.phone`, `message.body`. An empty one was not given. */
  readonly fields: Readonly<Record<string, string>>;
  /** Records that are made now: what a policy requires of others is not asked for. */
  readonly making: readonly string[];
}

/** Something that was not stored: a whole field, or what PCI DSS forbids to keep, out of a field. */
export interface Dropped {
  readonly field: string;
  readonly kind: 'field' | CutKind;
  readonly count: number;
}

export interface Refusal {
  readonly field: string;
  readonly reason: 'refused' | 'unlisted' | 'missing';
}

/** What a channel lets in, and what became of the rest. Values are in `taken` alone. */
export interface Intake {
  readonly taken: Readonly<Record<string, string>>;
  readonly dropped: readonly Dropped[];
  /** Fields of which only a part was kept. */
  readonly masked: readonly string[];
  readonly refused: readonly Refusal[];
  /** Ids of the policies that decided; none: nothing is taken in. */
  readonly policies: readonly string[];
}

/**
 * Decides what of the fields is stored (GDPR Art. 5(1)(c), 25(2)): what no policy in force for the channel and the purpose
 * takes is not. Of several policies the strictest counts. Card data is cut in any case, whatever they say.
 */
export function applyIntake({ policies, channel, purpose, fields, making }: IntakeOrder): Intake {
  const rules = policies.filter(({ entry }) => entry.channel === channel && entry.purpose === purpose);
  const taken: Record<string, string> = {};
  const dropped: Dropped[] = [];
  const kept: string[] = [];
  const refused: Refusal[] = missing(rules, making, fields);
  for (const [field, value] of given(fields)) {
    const verdict = strictest(rules.map(({ entry }) => verdictOn(entry, field)));
    if (verdict === 'refused' || verdict === 'unlisted') refused.push({ field, reason: verdict });
    else if (verdict === 'drop') dropped.push({ field, kind: 'field', count: 1 });
    else {
      const { text, counts } = cutText(value);
      dropped.push(...cutsOf(field, counts));
      const left = verdict === 'take' ? text : masked(text, verdict.mask);
      if (left === null) dropped.push({ field, kind: 'field', count: 1 });
      else taken[field] = left;
      if (left !== null && verdict !== 'take') kept.push(field);
    }
  }
  return { taken, dropped, masked: kept, refused, policies: rules.map(({ id }) => id) };
}

type Verdict = 'refused' | 'unlisted' | 'drop' | 'take' | Extract<Use, object>;

function verdictOn({ fields, others }: IntakeEntry, field: string): Verdict {
  const use = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (use === undefined) return others === 'drop' ? 'drop' : 'unlisted';
  if (use === 'refuse') return 'refused';
  return use === 'require' ? 'take' : use;
}

/** No policy at all lets nothing in. Of two masks the first counts: each was meant to be enough. */
function strictest(verdicts: readonly Verdict[]): Verdict {
  for (const strict of ['refused', 'unlisted', 'drop'] as const) if (verdicts.includes(strict)) return strict;
  return verdicts.find((verdict) => verdict !== 'take') ?? verdicts[0] ?? 'refused';
}

function missing(
  rules: readonly IntakePolicy[],
  making: readonly string[],
  fields: Readonly<Record<string, string>>,
): Refusal[] {
  const required = rules.flatMap(({ entry }) =>
    Object.entries(entry.fields).flatMap(([field, use]) => (use === 'require' ? [field] : [])),
  );
  const there = new Set(given(fields).map(([field]) => field));
  return [...new Set(required)]
    .filter((field) => making.includes(field.split('.')[0] ?? '') && !there.has(field))
    .map((field) => ({ field, reason: 'missing' }));
}

const given = (fields: Readonly<Record<string, string>>): readonly (readonly [string, string])[] =>
  Object.entries(fields).filter(([, value]) => value.trim() !== '');

export const cutsOf = (field: string, counts: CutCounts): readonly Dropped[] =>
  CUT_KINDS.flatMap((kind) => {
    const count = counts[kind];
    return count === undefined ? [] : [{ field, kind, count }];
  });

/** How much of which kind was dropped: what the ledger says. */
export function droppedCounts(dropped: readonly Dropped[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { kind, count } of dropped) counts[kind] = (counts[kind] ?? 0) + count;
  return counts;
}

const REASONS: Readonly<Record<Refusal['reason'], string>> = {
  refused: 'is refused',
  unlisted: 'is not among the fields that are taken',
  missing: 'is required',
};

/** @throws LetheError `intake_closed` (no policy in force lets anything in), `intake_refused` (names fields, no value) */
export function requireTaken({ refused, policies }: Intake, channel: Channel, purpose: Purpose): void {
  if (policies.length === 0) throw new LetheError('intake_closed', { channel, purpose });
  if (refused.length === 0) return;
  const problems = refused.map(({ field, reason }) => `${field} ${REASONS[reason]}`).join('; ');
  throw new LetheError('intake_refused', { channel, problems, policies: policies.join(', ') });
}
