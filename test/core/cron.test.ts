import { expect } from 'chai';
import fc from 'fast-check';
import { lastSlot, nextSlot, parseCron, slotsBetween, type Cron } from '../../src/core/cron.js';
import { fromMicros, toMicros, type Instant } from '../../src/core/instant.js';
import { at } from './at.js';

const cronOf = (text: string): Cron => {
  const cron = parseCron(text);
  if ('problem' in cron) throw new Error(cron.problem);
  return cron;
};
const problemOf = (text: string): string => {
  const cron = parseCron(text);
  return 'problem' in cron ? cron.problem : expect.fail(`"${text}" was not refused`);
};
const slots = (cron: string, zone: string, after: string, until: string): readonly string[] =>
  slotsBetween(cronOf(cron), zone, at(after), at(until)).map((slot) => slot.replace(':00.000000Z', 'Z'));
const slotsOfADay = (cron: string, zone: string, after: string): readonly string[] =>
  slots(cron, zone, after, new Date(Date.parse(after) + 86_400_000).toISOString());

describe('cron slots', () => {
  it('come at the wall-clock time of the zone, in winter and in summer', () => {
    expect(slots('0 3 * * *', 'Europe/Berlin', '2026-01-01T00:00Z', '2026-01-03T00:00Z')).to.deep.equal([
      '2026-01-01T02:00Z',
      '2026-01-02T02:00Z',
    ]);
    expect(slots('0 3 * * *', 'Europe/Berlin', '2026-07-01T00:00Z', '2026-07-02T01:00Z')).to.deep.equal([
      '2026-07-01T01:00Z',
      '2026-07-02T01:00Z',
    ]);
  });

  it('leave out the beginning and include the end', () => {
    expect(slots('0 3 * * *', 'UTC', '2026-01-01T03:00Z', '2026-01-02T03:00Z')).to.deep.equal([
      '2026-01-02T03:00Z',
    ]);
    expect(slots('0 3 * * *', 'UTC', '2026-01-02T03:00Z', '2026-01-01T03:00Z')).to.deep.equal([]);
  });

  it('in an hour that clocks skip come once, as much later as the clocks moved', () => {
    // Berlin 29 March 2026: 02:00 → 03:00; New York 8 March: 02:00 → 03:00; Lord Howe 4 October: 02:00 → 02:30
    const days = [
      ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', '2026-03-29T01:30Z'],
      ['15 2 * * *', 'America/New_York', '2026-03-07T12:00Z', '2026-03-08T07:15Z'],
      ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T12:00Z', '2026-10-03T15:45Z'],
    ] as const;
    for (const [cron, zone, after, slot] of days)
      expect(slotsOfADay(cron, zone, after)).to.deep.equal([slot]);
  });

  it('in an hour that clocks repeat come once, the first time', () => {
    const days = [
      ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', '2026-10-25T00:30Z'],
      ['30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', '2026-11-01T05:30Z'],
      ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T10:00Z', '2026-04-04T14:45Z'],
    ] as const;
    for (const [cron, zone, after, slot] of days)
      expect(slotsOfADay(cron, zone, after)).to.deep.equal([slot]);
  });

  it('that the clocks move onto another slot are that slot, not two', () => {
    expect(slots('30 2,3 * * *', 'Europe/Berlin', '2026-03-28T23:00Z', '2026-03-29T12:00Z')).to.deep.equal([
      '2026-03-29T01:30Z',
    ]);
    // 30 December 2011 did not exist in Samoa
    expect(slots('0 3 * * *', 'Pacific/Apia', '2011-12-29T12:00Z', '2011-12-31T12:00Z')).to.deep.equal(
      ['2011-12-29T13:00Z', '2011-12-30T13:00Z', '2011-12-31T13:00Z'].slice(0, 2),
    );
  });

  it('know a month’s last day, names of days and months, and the second Monday', () => {
    expect(slots('0 3 L 2 *', 'UTC', '2024-01-01T00:00Z', '2025-12-31T00:00Z')).to.deep.equal([
      '2024-02-29T03:00Z',
      '2025-02-28T03:00Z',
    ]);
    expect(slots('0 3 * jan MON#2', 'UTC', '2026-01-01T00:00Z', '2026-12-31T00:00Z')).to.deep.equal([
      '2026-01-12T03:00Z',
    ]);
    expect(slots('0 3 * * 7', 'UTC', '2026-01-01T00:00Z', '2026-01-12T00:00Z')).to.deep.equal([
      '2026-01-04T03:00Z',
      '2026-01-11T03:00Z',
    ]);
  });

  it('are, over any days of any zone, those of a walk along every minute', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'UTC',
      'Asia/Kathmandu',
      'Africa/Casablanca',
    ];
    // days on which clocks change somewhere, and any others
    const starts = [
      '2026-03-07',
      '2026-03-28',
      '2026-04-04',
      '2026-10-03',
      '2026-10-24',
      '2026-10-31',
      '2026-02-14',
      '2026-03-21',
      '2026-02-27',
    ];
    const number = (most: number) => fc.integer({ min: 0, max: most }).map(String);
    const minute = fc.oneof(number(59), fc.constantFrom('*/15', '0,30', '*/7', '5-9'));
    const hour = fc.oneof(number(23), fc.constantFrom('*', '1-3', '*/2', '2', '2', '1', '22-2'));
    const day = fc.constantFrom('* * *', '* * 0', 'L * *', '* * 6,0', '28-31 3 *');
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...starts),
        minute,
        hour,
        day,
        (zone, start, m, h, d) => {
          const [after, until] = [at(`${start}T00:00Z`), later(at(`${start}T00:00Z`), 2.5 * 24 * 60)];
          const cron = cronOf(`${m} ${h} ${d}`);
          expect(slotsBetween(cron, zone, after, until)).to.deep.equal(walk(cron, zone, after, until));
        },
      ),
      { numRuns: process.env['LETHE_SOAK'] === '1' ? 500 : 25, seed: 20_261_121 },
    );
  });

  it('are found one by one, from either end', () => {
    const often = cronOf('* * * * *');
    expect(lastSlot(often, 'UTC', at('1999-01-01T00:00Z'), at('2026-01-01T00:00:59Z'))).to.equal(
      at('2026-01-01T00:00Z'),
    );
    expect(nextSlot(often, 'UTC', at('2026-01-01T00:00Z'))).to.equal(at('2026-01-01T00:01Z'));
    const seldom = cronOf('0 0 29 2 *');
    expect(lastSlot(seldom, 'UTC', at('1999-01-01T00:00Z'), at('2027-01-01T00:00Z'))).to.equal(
      at('2024-02-29T00:00Z'),
    );
    expect(lastSlot(seldom, 'UTC', at('2024-02-29T00:00Z'), at('2027-01-01T00:00Z'))).to.equal(null);
    expect(nextSlot(seldom, 'UTC', at('2097-01-01T00:00Z'))).to.equal(at('2104-02-29T00:00Z'));
  });
});

describe('a cron expression', () => {
  it('has five fields, of which a part that is wrong is named', () => {
    expect(problemOf('0 0 3 * * *')).to.include('these are 6');
    expect(problemOf('@daily')).to.include('these are 1');
    expect(problemOf('60 3 * * *')).to.include('60').and.to.include('minute');
    expect(problemOf('0 3 31 2 *')).to.include('impossible day of month');
    expect(problemOf('0 3 15W * *')).to.include('"15W" is not understood');
    expect(problemOf('0 3 * * 5L')).to.include('"5L" is not understood');
  });

  it('does not restrict both day of the month and weekday, which programs read differently', () => {
    expect(problemOf('0 3 1 * 1')).to.include('leave one "*"');
  });
});

const later = (instant: Instant, minutes: number): Instant =>
  fromMicros(toMicros(instant) + BigInt(minutes) * 60_000_000n);

/** What the clock on the wall shows, by another implementation of the zone's rules than the slots use. */
function wallClock(zone: string): (instant: Instant) => number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  return (instant) => {
    const parts = Object.fromEntries(
      format.formatToParts(new Date(instant)).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 0, hour = 0, minute = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute) / 60_000;
  };
}

/** Looks at every minute: a wall time seen before does not count again; one that was jumped over counts as much later. */
function walk(cron: Cron, zone: string, after: Instant, until: Instant): readonly Instant[] {
  const wall = wallClock(zone);
  const found = new Set<Instant>();
  let highest = wall(later(after, -1440));
  for (let moment = later(after, -1439); moment <= until; moment = later(moment, 1)) {
    const shown = wall(moment);
    if (shown <= highest) continue;
    if (matches(cron, shown)) found.add(moment);
    for (let skipped = highest + 1; skipped < shown; skipped += 1)
      if (matches(cron, skipped)) found.add(later(moment, skipped - highest - 1));
    highest = shown;
  }
  return [...found].filter((slot) => slot > after && slot <= until).sort();
}

function matches(cron: Cron, wall: number): boolean {
  const date = new Date(wall * 60_000);
  const tomorrow = new Date((wall + 1440) * 60_000);
  return (
    cron.minutes.includes(date.getUTCMinutes()) &&
    cron.hours.includes(date.getUTCHours()) &&
    cron.months.has(date.getUTCMonth() + 1) &&
    (cron.days.has(date.getUTCDate()) || (cron.days.has('L') && tomorrow.getUTCDate() === 1)) &&
    cron.weekdays.has(date.getUTCDay())
  );
}
