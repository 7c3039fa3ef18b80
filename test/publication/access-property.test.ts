import { expect } from 'chai';
import fc from 'fast-check';
import type { AccessPolicy } from '../../src/policy/access-policy.js';
import type { AccessDeed, Mask } from '../../src/policy/access-schema.js';
import { isWithin } from '../../src/policy/categories.js';
import { isSpecial } from '../../src/policy/special-categories.js';
import { accessAllowsMore } from '../../src/publication/access-allows-more.js';
import { isSoak, type Json } from '../support/small-desk.js';
import { access, personalMap, read } from './kinds.js';

const ROLES = ['agent', 'lead', 'auditor'];
const PURPOSES = ['dpv:CustomerCare', 'dpv:EnforceSecurity', 'dpv:DirectMarketing'] as const;
const DEEDS: readonly AccessDeed[] = ['read', 'list', 'reply'];
const STATUSES = ['open', 'new', 'closed'];
const CATEGORIES = ['user', 'user.content', 'user.contact', 'user.contact.email', 'user.health_and_medical'];
const COLUMNS = ['status', 'subject', 'email', 'phone', 'illness'];
const MASKS: readonly Mask[] = ['last4', 'initials', 'domainOnly', 'hidden'];
const GROUNDS = ['eu-gdpr:A9-2-f', 'eu-gdpr:A9-2-h'] as const;
const TRAININGS = [null, 'health 1', 'health 2'];

const graph = personalMap();

/** What somebody sets out to do, with everything a policy may ask about it. */
interface Attempt {
  readonly role: string;
  readonly purpose: (typeof PURPOSES)[number];
  readonly deed: AccessDeed;
  readonly status: string;
  readonly isOwn: boolean;
  readonly ground: string;
  readonly training: string | null;
  readonly column: string;
}

const product = (): readonly Attempt[] => {
  const all: Attempt[] = [];
  for (const role of ROLES)
    for (const purpose of PURPOSES)
      for (const deed of DEEDS)
        for (const status of STATUSES)
          for (const isOwn of [true, false])
            for (const ground of GROUNDS)
              for (const training of TRAININGS)
                for (const column of COLUMNS)
                  all.push({ role, purpose, deed, status, isOwn, ground, training, column });
  return all;
};
const ATTEMPTS = product();

/** `nothing`, the mask, or `all` of the value; by hand from what the file says. */
type Shown = 'nothing' | 'all' | Mask;

function shown({ entry }: AccessPolicy, attempt: Attempt): Shown {
  const { roles, purposes, may, when, assigned, categories, masks, specialGround, training } = entry;
  const statuses = when === undefined ? STATUSES : (when as { readonly value: readonly string[] }).value;
  const asked = training ? `${training.content} ${training.version}` : null;
  const isLetIn =
    roles.includes(attempt.role) &&
    purposes.includes(attempt.purpose) &&
    may.includes(attempt.deed) &&
    statuses.includes(attempt.status) &&
    (assigned === undefined || attempt.isOwn) &&
    (asked === null || asked === attempt.training);
  const category = graph.records.get('ticket')?.columns.get(attempt.column)?.category ?? null;
  if (!isLetIn) return 'nothing';
  if (category !== null) {
    const named = categories?.some((name) => isWithin(category, name)) ?? false;
    if (!named || (isSpecial(category) && specialGround !== attempt.ground)) return 'nothing';
  }
  return masks?.[attempt.column] ?? 'all';
}

const isNoMore = (before: Shown, after: Shown): boolean =>
  after === 'nothing' || before === 'all' || before === after || (after === 'hidden' && before !== 'nothing');

const some = (names: readonly string[]) => fc.subarray([...names], { minLength: 1 });
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const PARTS = {
  roles: some(ROLES),
  purposes: some(PURPOSES),
  may: some(DEEDS),
  when: optional(some(STATUSES).map((value) => ({ fact: 'status', operator: 'in', value }))),
  assigned: optional(fc.constant('self')),
  categories: optional(some(CATEGORIES)),
  masks: optional(fc.dictionary(fc.constantFrom(...COLUMNS.slice(0, 3)), fc.constantFrom(...MASKS))),
  specialGround: optional(fc.constantFrom(...GROUNDS)),
  training: optional(fc.constantFrom('1', '2').map((version) => ({ content: 'health', version }))),
};
const wholePolicy: fc.Arbitrary<Json> = fc.record(PARTS);

/** The second differs from the first in one part or two: pairs that have nothing to do with each other hardly ever say "immediate". */
const pair = fc
  .tuple(
    wholePolicy,
    wholePolicy,
    fc.oneof(
      fc.subarray(Object.keys(PARTS), { minLength: 1, maxLength: 2 }),
      fc.constant(['masks']),
      fc.constant(['categories']),
    ),
  )
  .map(([before, other, changed]): readonly [Json, Json] => [
    before,
    { ...before, ...Object.fromEntries(changed.map((part) => [part, other[part]])) },
  ]);

const policyOf = (parts: Json): AccessPolicy =>
  read(graph, JSON.parse(JSON.stringify(access(parts))) as Json) as AccessPolicy;

describe('access policies that are in force at once', () => {
  it('show nobody more of anything than before, whatever they set out to do', () => {
    let [immediate, waiting] = [0, 0];
    fc.assert(
      fc.property(fc.oneof(pair, fc.tuple(wholePolicy, wholePolicy)), ([first, second]) => {
        const [before, after] = [policyOf(first), policyOf(second)];
        if (accessAllowsMore({ before, after, others: [] }).length > 0) {
          waiting += 1;
          return;
        }
        immediate += 1;
        for (const attempt of ATTEMPTS) {
          const [was, is] = [shown(before, attempt), shown(after, attempt)];
          if (!isNoMore(was, is)) expect.fail(JSON.stringify({ attempt, was, is }));
        }
      }),
      { numRuns: isSoak ? 20_000 : 1_000, seed: 4 },
    );
    expect(immediate).to.be.greaterThan(100);
    expect(waiting).to.be.greaterThan(100);
  });
});
