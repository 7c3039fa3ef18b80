import { expect } from 'chai';
import type { Config } from '../../src/config.js';
import { withRoles } from '../../src/core/actor.js';
import type { Clock } from '../../src/core/clock.js';
import { fromMicros } from '../../src/core/instant.js';
import { migrate } from '../../src/db/migrate.js';
import { openPostgres } from '../../src/db/postgres.js';
import { requireSameTime } from '../../src/db/server-time.js';
import { loadMap } from '../../src/datamap/load.js';
import { createEngine } from '../../src/engine.js';
import { publishInitial } from '../../src/publication/publish.js';
import { draftsOf } from '../publication/publishing-desk.js';
import { freshDatabase } from '../support/database.js';
import { refusal, rule } from '../support/small-desk.js';

const officer = { name: 'officer', assurance: 'asserted' } as const;

/** This machine's clock, so many seconds off. */
const off = (seconds: number): Clock => ({
  now: () => fromMicros(BigInt(Math.round(Date.now() + seconds * 1000)) * 1000n),
});

describe('the clock', () => {
  it('of this machine may be a minute off the server’s, either way, and no more', async () => {
    const { url, drop } = await freshDatabase();
    const db = await openPostgres(url);
    try {
      for (const seconds of [0, 50, -50]) await requireSameTime(db, off(seconds));
      const ahead = await refusal(requireSameTime(db, off(3600)), 'clock_skewed');
      expect(ahead.message).to.match(
        /^this machine's clock is (3599|3600|3601) s ahead of the database server's/,
      );
      expect((await refusal(requireSameTime(db, off(-90)), 'clock_skewed')).message).to.include(
        's behind the',
      );
    } finally {
      await db.close();
      await drop();
    }
  });

  it('set forward or back, nothing is planned, applied, approved or published; holds are placed all the same', async () => {
    const { url, drop } = await freshDatabase();
    const config: Config = {
      ...{ map: 'native', parameters: {}, folder: '.', policies: '.', policiesShown: '.' },
      database: { url, embedded: '' },
      ...{ vault: null, keys: null, backups: null, cooling: 'P7D', actors: null, worker: {} },
    };
    const db = await openPostgres(url);
    const graph = await loadMap('native', {}, '.');
    await migrate(db, ['desk']);
    const drafts = draftsOf(rule());
    await publishInitial(
      { db, graph, now: off(0).now(), cooling: 'P7D', vault: null },
      drafts,
      withRoles(null, officer),
    );
    const year = 365 * 86_400;
    for (const seconds of [year, -year]) {
      const lethe = await createEngine({ config, clock: off(seconds) });
      for (const work of [
        () => lethe.retention.plan('old-tickets', officer),
        () => lethe.retention.apply('plan-x', officer),
        () => lethe.retention.approve('plan-x', officer),
        () => lethe.policies.publish({ drafts }, officer),
        () => lethe.policies.approve('version-x', officer),
      ])
        await refusal(work(), 'clock_skewed');
      const condition = { all: [{ fact: 'status', operator: 'equal', value: 'open' }] };
      await lethe.holds.place(
        {
          scope: { kind: 'condition', record: 'ticket', condition },
          ground: 'audit',
          authority: 'x',
          reviewOn: '2031-01-01',
        },
        officer,
      );
      await lethe.close();
    }
    const right = await createEngine({ config });
    expect((await right.retention.plan('old-tickets', officer)).items).to.equal('0');
    await right.close();
    await db.close();
    await drop();
  });
});
