import { mock } from 'node:test';
import { expect } from 'chai';
import { everyMinute } from '../../src/core/ticker.js';

const MINUTE = 60_000;

/** node-cron looks at the clock between its timers; each step lets its promises settle. */
async function pass(ms: number): Promise<void> {
  for (let step = 0; step < ms; step += 5_000) {
    mock.timers.tick(5_000);
    await Promise.resolve();
  }
}

describe('the tick', () => {
  afterEach(() => {
    mock.timers.reset();
  });

  it('comes at the beginning of every minute, until it is stopped', async () => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-03-29T00:59:30Z') });
    const ticks: string[] = [];
    const stop = everyMinute(() => void ticks.push(new Date().toISOString().slice(11, 16)));
    await pass(3 * MINUTE);
    expect(ticks).to.deep.equal(['01:00', '01:01', '01:02']);
    stop();
    await pass(2 * MINUTE);
    expect(ticks).to.have.length(3);
  });

  it('still comes for a minute whose beginning a busy process was late for', async () => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-01-01T00:00:30Z') });
    let ticks = 0;
    const stop = everyMinute(() => (ticks += 1));
    mock.timers.setTime(Date.parse('2026-01-01T00:01:40Z'));
    await pass(10_000);
    expect(ticks).to.equal(1);
    stop();
  });
});
