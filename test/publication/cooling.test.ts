import { expect } from 'chai';
import { coolingEnd } from '../../src/publication/cooling.js';
import { refusal } from '../support/small-desk.js';
import { engineOver } from '../../src/engine.js';
import { policiesInForce } from '../../src/publication/policies-in-force.js';
import { day, dpo, draftsOf, owner, publishingDesk, closePublishingDesks, years } from './publishing-desk.js';

const history = (...versions: readonly (readonly [string, string | null])[]) =>
  versions.map(([at, cooling]) => ({ publishedAt: day(at), cooling }));
const end = (
  now: string,
  configured: string,
  ...versions: readonly (readonly [string, string | null])[]
): string => coolingEnd(history(...versions), configured, day(now)).slice(0, 10);

describe('the cooling time', () => {
  afterEach(closePublishingDesks);

  it('is the configured one, also when it is longer than before', () => {
    expect(end('2024-01-01', 'P7D')).to.equal('2024-01-08');
    expect(end('2024-01-01', 'P7D', ['2023-12-30', 'P7D'])).to.equal('2024-01-08');
    expect(end('2024-01-01', 'P60D', ['2023-12-30', 'P7D'])).to.equal('2024-03-01');
    expect(end('2024-01-01', 'P7D', ['2023-12-30', null])).to.equal('2024-01-08');
  });

  it('a shorter one counts once it has stood for as long as the longer one', () => {
    expect(end('2024-01-01', 'P1D', ['2020-01-01', 'P7D'])).to.equal('2024-01-08');
    const shortened = [
      ['2020-01-01', 'P7D'],
      ['2024-01-01', 'P1D'],
    ] as const;
    expect(end('2024-01-07', 'P1D', ...shortened)).to.equal('2024-01-14');
    expect(end('2024-01-08', 'P1D', ...shortened)).to.equal('2024-01-09');
    const backAndForth = [...shortened, ['2024-01-05', 'P7D'], ['2024-01-06', 'P1D']] as const;
    expect(end('2024-01-12', 'P1D', ...backAndForth)).to.equal('2024-01-19');
    expect(end('2024-01-13', 'P1D', ...backAndForth)).to.equal('2024-01-14');
  });

  it('is shortened step by step like at once', () => {
    const steps = [
      ['2020-01-01', 'P20D'],
      ['2024-01-01', 'P10D'],
      ['2024-01-15', 'P1D'],
    ] as const;
    expect(end('2024-01-16', 'P1D', ...steps)).to.equal('2024-02-05'); // 20 days, until the 21st
    expect(end('2024-01-21', 'P1D', ...steps)).to.equal('2024-01-31'); // 10 days, until the 25th
    expect(end('2024-01-25', 'P1D', ...steps)).to.equal('2024-01-26');
  });

  it('a mistake of years is forgotten after a month', () => {
    const mistake = [
      ['2024-01-01', 'P7Y'],
      ['2024-01-02', 'P7D'],
    ] as const;
    expect(end('2024-01-03', 'P7D', ...mistake)).to.equal('2024-02-02');
    expect(end('2024-02-01', 'P7D', ...mistake)).to.equal('2024-02-08');
  });

  it('is not passed by with another lethe.json', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3));
    const { db, graph } = desk;
    let now = day('2024-01-02');
    const clock = { now: () => now };
    const hasty = engineOver({
      ...{ db, graph, clock, vault: null, cooling: 'P1D' },
      policiesInForce: (on = db) => policiesInForce(on, graph, now),
    });
    const { outcomes } = await hasty.policies.publish({ drafts: draftsOf(years(1)) }, owner);
    await hasty.policies.approve(outcomes[0]?.version.id ?? '', dpo);
    now = day('2024-01-08');
    expect((await hasty.policiesInForce()).map(({ entry }) => entry.keep.for)).to.deep.equal(['P3Y']);
    now = day('2024-01-09');
    expect((await hasty.policiesInForce()).map(({ entry }) => entry.keep.for)).to.deep.equal(['P1Y']);
    await refusal(hasty.policies.approve(outcomes[0]?.version.id ?? '', dpo), 'version_settled');
    const next = await hasty.policies.publish(
      { drafts: draftsOf(years(1, { when: { fact: 'status', operator: 'present' } })) },
      owner,
    );
    expect(next.outcomes[0]?.version.change).to.equal('keeps');
    const last = await hasty.policies.publish({ drafts: draftsOf(years(1)) }, owner);
    expect(last.outcomes[0]?.version.notBefore).to.equal('2024-01-10T00:00:00.000000Z');
  });
});
