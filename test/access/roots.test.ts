import { expect } from 'chai';
import type pg from 'pg';
import { sealAccessLog } from '../../src/access/access-roots.js';
import { verifyAccessLog, type AccessVerification } from '../../src/access/access-roots-verify.js';
import { chance, seededRandom, wholeBetween } from '../../src/demo/random.js';
import { migrate } from '../../src/db/migrate.js';
import { openAccessLog } from '../../src/access/access-log-writer.js';
import { bothDatabases } from '../support/database.js';
import { testClock } from '../support/published.js';
import { closeDesks } from '../support/small-desk.js';
import { accessDesk, entry, START, type AccessDesk } from './access-desk.js';

const ROW = `insert into lethe.access_log (salt, at, actor, record, key, deed, decision, policies)
  values (decode(md5(random()::text), 'hex'), '2026-03-02T09:00:00Z', 'agent/7', 'ticket', '1', 'reply', 'allow', '{}')`;

describe('roots of the access log', () => {
  let desk: AccessDesk;
  beforeEach(async () => {
    desk = await accessDesk();
  });
  afterEach(closeDesks);

  const write = (count: number): Promise<void> =>
    desk.log.append(Array.from({ length: count }, (_, n) => entry({ deed: 'reply', key: String(n) })));
  const verify = (): Promise<AccessVerification> => verifyAccessLog(desk.db);
  const covered = async (): Promise<readonly { places: string; times: string }[]> =>
    desk.admin(`select l.place as places, count(r.*) as times from lethe.access_log l
      left join lethe.access_root r on l.place <@ r.members group by l.place having count(r.*) <> 1`);

  it('every committed row comes under one, and the ledger holds it with the count and the times', async () => {
    await write(3);
    expect(await sealAccessLog(desk)).to.deep.equal({ roots: 1, entries: 3 });
    expect(await sealAccessLog(desk)).to.deep.equal({ roots: 0, entries: 0 });
    await write(7);
    expect(await sealAccessLog(desk, 3)).to.deep.equal({ roots: 3, entries: 7 });
    const entries = await desk.admin<{ body: string }>(
      `select body from lethe.ledger_entry where kind = 'access.root' order by at, id`,
    );
    const bodies = entries.map(({ body }) => JSON.parse(body) as Record<string, Record<string, unknown>>);
    expect(bodies.map(({ counts }) => counts?.['entries']).sort()).to.deep.equal([1, 3, 3, 3]);
    for (const { about, digests } of bodies) {
      expect(about).to.include({ from: desk.clock.now(), to: desk.clock.now() });
      expect(digests?.['root']).to.match(/^[0-9a-f]{64}$/);
    }
    expect(JSON.stringify(bodies)).not.to.contain('agent/7');
    expect(await verify()).to.deep.equal({
      ...{ ok: true, roots: 4, proven: 10, unproven: 0, waiting: 0, disposed: 0, missing: 0, pruned: 0 },
      faults: [],
    });
  });

  it('a row that commits late comes under a later root, however many were made meanwhile', async () => {
    const late = await desk.connect();
    await late.query(`begin; ${ROW}`);
    await write(2);
    expect(await sealAccessLog(desk)).to.include({ entries: 2 });
    const gone = await desk.connect();
    await gone.query(`begin; ${ROW}; rollback`);
    await write(2);
    desk.clock.set('2026-03-09T09:00:00.000000Z'); // the gap is old, but its transaction goes on
    expect(await sealAccessLog(desk)).to.include({ entries: 2 });
    await write(1);
    expect(await sealAccessLog(desk)).to.include({ entries: 1 });
    await late.query('commit');
    expect((await verify()).waiting).to.equal(1);
    expect(await sealAccessLog(desk)).to.include({ entries: 1 });
    expect(await covered()).to.deep.equal([]);
    expect(await verify()).to.include({ ok: true, proven: 6, waiting: 0 });
  });

  it('a place that nobody can write any more is not looked at for ever', async () => {
    const gone = await desk.connect();
    await gone.query(`begin; ${ROW}; rollback`);
    await write(1);
    await sealAccessLog(desk);
    const gaps = async (): Promise<string> =>
      (
        await desk.admin<{ gaps: string }>(
          'select gaps::text from lethe.access_root order by number desc limit 1',
        )
      )[0]?.gaps ?? '';
    expect(await gaps()).to.equal('{[1,2)}');
    desk.clock.set('2026-03-02T09:30:00.000000Z');
    await write(1);
    await sealAccessLog(desk);
    expect(await gaps()).to.equal('{[1,2)}');
    desk.clock.set('2026-03-02T10:31:00.000000Z');
    await write(1);
    await sealAccessLog(desk);
    expect(await gaps()).to.equal('{}');
  });

  it('writers and sealers at once: every row that committed is under exactly one root, and all roots hold', async () => {
    const random = seededRandom(20260302);
    const sessions = await Promise.all(Array.from({ length: 6 }, () => desk.connect()));
    let writing = true;
    const writer = async (session: pg.Client): Promise<void> => {
      for (let n = 0; n < 15; n++) {
        await session.query('begin');
        for (let row = wholeBetween(random, 0, 2); row >= 0; row--) await session.query(ROW);
        if (chance(random, 0.25))
          await new Promise((resolve) => setTimeout(resolve, wholeBetween(random, 0, 20)));
        await session.query(chance(random, 0.2) ? 'rollback' : 'commit');
      }
    };
    const sealer = async (): Promise<void> => {
      while (writing) await sealAccessLog(desk, 5);
    };
    const sealing = [sealer(), sealer()];
    await Promise.all(sessions.map(writer));
    writing = false;
    await Promise.all(sealing);
    await sealAccessLog(desk);
    expect(await covered()).to.deep.equal([]);
    const found = await verify();
    expect(found).to.include({ ok: true, waiting: 0, missing: 0 });
    expect(found.roots).to.be.greaterThan(3);
    expect(found.proven).to.be.greaterThan(50);
  });

  const changes: Readonly<Record<string, string>> = {
    'who it was': `update lethe.access_log set actor = 'agent/8' where place = 4`,
    'when it was': `update lethe.access_log set at = at + interval '1 microsecond' where place = 4`,
    'the reason': `update lethe.access_log set reason = '' where place = 4`,
    'the policies': `update lethe.access_log set policies = '{"d1 d2"}' where place = 4`,
    'which of two rows is which': `update lethe.access_log set key = case place when 4 then '4' else '3' end where place in (4, 5)`,
  };
  for (const [what, change] of Object.entries(changes))
    it(`a row that was changed afterwards is named by its root: ${what}`, async () => {
      await write(2);
      await sealAccessLog(desk);
      await write(3);
      await sealAccessLog(desk);
      await desk.admin('alter table lethe.access_log disable trigger all');
      await desk.admin(change);
      const found = await verify();
      expect(found.ok).to.equal(false);
      const [root] = await desk.admin<{ entry_id: string }>(
        'select entry_id from lethe.access_root where number = 2',
      );
      expect(found.faults).to.deep.equal([
        { root: root?.entry_id, fault: 'altered', from: desk.clock.now(), to: desk.clock.now() },
      ]);
      expect(found.proven).to.equal(2);
    });

  it('rows that were deleted past the door are missing, also under a root that another one’s members were moved to', async () => {
    await write(5);
    await sealAccessLog(desk);
    await desk.admin('delete from lethe.access_log where place = 3');
    expect(await verify()).to.include({ ok: false, missing: 1, unproven: 4, proven: 0, disposed: 0 });
    await desk.admin(`alter table lethe.access_root disable trigger all;
      update lethe.access_root set members = members - '{[3,4)}', rows = 4`);
    expect(await verify()).to.include({ ok: false, missing: 1 });
    await desk.admin('delete from lethe.access_root');
    expect((await verify()).faults.map(({ fault }) => fault)).to.deep.equal(['lost']);
  });

  it('the sealing of the ledger puts the log under a root first, at most every quarter of an hour', async () => {
    const engine = desk.open();
    await write(1);
    await engine.ledger.seal();
    expect(await verify()).to.include({ proven: 1, waiting: 0 });
    await write(1);
    await engine.ledger.seal();
    expect(await verify()).to.include({ proven: 1, waiting: 1 });
    expect(await engine.access.seal()).to.deep.equal({ roots: 1, entries: 1 });
    await write(1);
    desk.clock.set('2026-03-02T09:15:01.000000Z');
    await engine.ledger.seal();
    expect(await verify()).to.include({ proven: 3, waiting: 0 });
    expect((await engine.ledger.verify()).ok).to.equal(true);
  });
});

bothDatabases('the access log and its roots', (open) => {
  it('are the same on both', async () => {
    const { db, admin } = await open();
    await migrate(db, []);
    const clock = testClock(START);
    const log = openAccessLog(db, clock);
    await Promise.all(
      Array.from({ length: 7 }, (_, n) => log.append([entry({ deed: 'reply', key: String(n) }), entry()])),
    );
    expect(await sealAccessLog({ db, clock }, 3)).to.deep.equal({ roots: 3, entries: 7 });
    expect(await verifyAccessLog(db)).to.include({ ok: true, proven: 7, roots: 3, waiting: 0 });
    await admin(
      `alter table lethe.access_log disable trigger all; update lethe.access_log set key = '9' where place = 2`,
    );
    expect(await verifyAccessLog(db)).to.include({ ok: false, proven: 4 });
  });
});
