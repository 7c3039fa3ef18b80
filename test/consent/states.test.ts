import { expect } from 'chai';
import fc from 'fast-check';
import { fromMicros, toMicros, type Instant } from '../../src/core/instant.js';
import type { LetheError } from '../../src/core/errors.js';
import { consentHolds } from '../../src/consent/consent-sql.js';
import { CONSENT_STATES, type ConsentState } from '../../src/consent/consent-state.js';
import type { Purpose } from '../../src/policy/purposes.js';
import { raw, sql } from '../../src/db/sql.js';
import { closeDesks, isSoak, officer } from '../support/small-desk.js';
import { testClock } from '../support/published.js';
import { closePools, GIVE, openConsentDesk, type ConsentDesk } from './consent-desk.js';

const START = '2026-01-01T00:00:00.000000Z' as Instant;
const DAY = 86_400_000_000n;

/** Two purposes that are asked for in the same way, one for a year and one for a month. */
const PURPOSES = ['dpv:DirectMarketing', 'dpv:ScientificResearch'] as const satisfies readonly Purpose[];
const GOOD_FOR = { 'dpv:DirectMarketing': 'years', 'dpv:ScientificResearch': 'months' } as const;
const PEOPLE = ['customer/1', 'customer/2'] as const;

/** The transitions, written down once more and differently: from a state, by its last word, to these. */
const ASKED = 'Given Refused RequestDeferred';
const ENDED = 'Requested Given';
const HELD = 'RenewedGiven Withdrawn Revoked Expired Invalidated';
const ALLOWED: Readonly<Record<string, string>> = {
  nothing: `Unknown Requested ${ASKED}`,
  ...{ Unknown: ASKED, Requested: ASKED, RequestDeferred: ASKED },
  ...{ Given: HELD, RenewedGiven: HELD, late: `${ENDED} Expired` },
  ...{ Refused: ENDED, Withdrawn: ENDED, Revoked: ENDED, Expired: ENDED, Invalidated: ENDED },
};
const word = (state: ConsentState): string =>
  state === 'dpv:RenewedConsentGiven' ? 'RenewedGiven' : state.replace('dpv:Consent', '');

interface Step {
  readonly person: (typeof PEOPLE)[number];
  readonly purpose: (typeof PURPOSES)[number];
  readonly state: ConsentState;
  /** Microseconds that pass before it; negative: another process's clock is behind. */
  readonly after: bigint;
}
interface Known {
  readonly state: string;
  readonly at: Instant;
  readonly until: Instant | null;
}

const step: fc.Arbitrary<Step> = fc.record({
  person: fc.constantFrom(...PEOPLE),
  purpose: fc.constantFrom(...PURPOSES),
  // givings and withdrawals often enough that something comes to hold
  state: fc.oneof(
    fc.constantFrom(...CONSENT_STATES),
    fc.constantFrom('dpv:ConsentGiven', 'dpv:ConsentWithdrawn'),
  ),
  after: fc.oneof(
    fc.constantFrom(0n, 1n, -1n, -60_000_000n, 28n * DAY, 31n * DAY),
    fc.bigInt({ min: 0n, max: 120n * DAY }),
  ),
});

const plus = (at: Instant, unit: 'years' | 'months'): Instant => {
  const date = new Date(`${at.slice(0, 23)}Z`);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const [y, m] = unit === 'years' ? [year + 1, month] : [year, month + 1];
  const last = new Date(Date.UTC(y, m + 1, 0)).getUTCDate();
  const moved = new Date(Date.UTC(y, m, Math.min(day, last))).toISOString().slice(0, 10);
  return `${moved}${at.slice(10)}` as Instant;
};

/** The oracle: what is known of each person and purpose, oldest first. */
class Oracle {
  private readonly known = new Map<string, readonly Known[]>();

  of(person: string, purpose: string): readonly Known[] {
    return this.known.get(`${person} ${purpose}`) ?? [];
  }

  allows({ person, purpose, state }: Step, now: Instant): boolean {
    const last = this.of(person, purpose).at(-1);
    const at = last && last.at > now ? last.at : now;
    const from = !last ? 'nothing' : last.until !== null && last.until <= at ? 'late' : last.state;
    return (ALLOWED[from] ?? '').split(' ').includes(word(state));
  }

  add({ person, purpose, state }: Step, now: Instant): void {
    const before = this.of(person, purpose);
    const last = before.at(-1);
    const at = last && last.at > now ? last.at : now;
    const holds = word(state).endsWith('Given');
    const until = holds ? plus(at, GOOD_FOR[purpose]) : null;
    this.known.set(`${person} ${purpose}`, [...before, { state: word(state), at, until }]);
  }

  holds(person: string, purpose: string, now: Instant, asOf?: Instant): boolean {
    const last = this.of(person, purpose)
      .filter(({ at }) => asOf === undefined || at <= asOf)
      .at(-1);
    return last !== undefined && last.until !== null && last.until > (asOf ?? now);
  }

  /** Every instant at which an answer may change, and the microseconds around it. */
  instants(): readonly Instant[] {
    const edges = [...this.known.values()]
      .flat()
      .flatMap(({ at, until }) => [at, ...(until === null ? [] : [until])]);
    return [...new Set(edges)].flatMap((at) => [-1n, 0n, 1n].map((by) => fromMicros(toMicros(at) + by)));
  }
}

const orderOf = ({ person, purpose, state }: Step): never => {
  const shown = { wording: 'v1', language: 'en', channel: 'web' };
  const givings: readonly ConsentState[] = ['dpv:ConsentGiven', 'dpv:RenewedConsentGiven'];
  return {
    state,
    record: person,
    purpose,
    ...(state === 'dpv:ConsentRequested' ? shown : {}),
    ...(givings.includes(state) ? { ...shown, method: GIVE.method } : {}),
  } as never;
};

describe('the states of a consent', () => {
  const clock = testClock(START);
  let desk: ConsentDesk;
  before(async () => {
    desk = await openConsentDesk(clock);
  });
  after(async () => {
    await closePools();
    await closeDesks();
  });

  /** Everybody's answers by the predicate that guarded reads carry, in one statement. */
  async function answersNow(): Promise<Readonly<Record<string, boolean>>> {
    const columns = PEOPLE.flatMap((person) =>
      PURPOSES.map((purpose) => {
        const subject = { recordSql: `'customer'`, keySql: `'${person.slice('customer/'.length)}'` };
        return `${consentHolds(purpose, subject, clock.now())} as "${person} ${purpose}"`;
      }),
    );
    const { rows } = await desk.db.query(sql`select ${raw(columns.join(', '))}`);
    return rows[0] as Readonly<Record<string, boolean>>;
  }

  const expected = (oracle: Oracle): Readonly<Record<string, boolean>> =>
    Object.fromEntries(
      PEOPLE.flatMap((person) =>
        PURPOSES.map((purpose) => [`${person} ${purpose}`, oracle.holds(person, purpose, clock.now())]),
      ),
    );

  it('follow one another as they may and in no other way; each purpose of each person by itself; as of any instant', async function () {
    this.timeout(600_000);
    const engine = desk.with();
    const seen = { held: 0, refused: 0, pastHeld: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
        await desk.admin(
          `delete from lethe.consent_event; delete from lethe.consent; delete from lethe.subject_record`,
        );
        const oracle = new Oracle();
        clock.set(START);
        for (const one of steps) {
          clock.set(fromMicros(toMicros(clock.now()) + one.after));
          const allowed = oracle.allows(one, clock.now());
          const refused = await engine.consent.record(orderOf(one), officer).then(
            () => null,
            (error: unknown) => (error as LetheError).code,
          );
          expect(refused, JSON.stringify(one.state)).to.equal(allowed ? null : 'consent_transition');
          if (allowed) oracle.add(one, clock.now());
          else seen.refused += 1;
          const answers = await answersNow();
          expect(answers).to.deep.equal(expected(oracle));
          if (Object.values(answers).includes(true)) seen.held += 1;
        }
        for (const asOf of oracle.instants())
          for (const person of PEOPLE)
            for (const purpose of PURPOSES) {
              const { holds } = await engine.consent.check({ record: person, purpose, asOf });
              expect(holds, `${person} ${purpose} ${asOf}`).to.equal(
                oracle.holds(person, purpose, clock.now(), asOf),
              );
              if (holds) seen.pastHeld += 1;
            }
      }),
      { seed: isSoak ? Date.now() : 27_560, numRuns: isSoak ? 200 : 6 },
    );
    expect(Math.min(seen.held, seen.refused, seen.pastHeld), JSON.stringify(seen)).to.be.greaterThan(5);
  });

  it('a row that names nobody has nobody’s consent', async () => {
    const predicate = consentHolds('dpv:DirectMarketing', { recordSql: `'customer'`, keySql: 'null' }, START);
    const { rows } = await desk.db.query(sql`select ${raw(predicate)} as holds`);
    expect(rows).to.deep.equal([{ holds: false }]);
  });
});
