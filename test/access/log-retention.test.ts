import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { verifyAccessLog } from '../../src/access/access-roots-verify.js';
import { workOnce } from '../../src/jobs/worker.js';
import { at } from '../core/at.js';
import { approver, closeDesks, operator, type Json } from '../support/small-desk.js';
import { accessDesk, entry } from './access-desk.js';

const SHIPPED = JSON.parse(
  readFileSync(new URL('../../policies/lethe/lethe-access-log.json', import.meta.url), 'utf8'),
) as Json;
const SCHEDULED: Json = {
  ...SHIPPED,
  schedule: { cron: '30 2 * * *', timeZone: 'UTC', withoutApproval: { upTo: 1000 } },
};

describe('the access log after twelve months', () => {
  afterEach(closeDesks);

  it('its rows go through a scheduled plan, the first one approved; its roots say afterwards what is proven and what went', async () => {
    const desk = await accessDesk();
    const engine = desk.open({ files: [SCHEDULED] });
    const write = async (day: string, count: number): Promise<void> => {
      desk.clock.set(`${day}T09:00:00.000000Z`);
      await desk.log.append(
        Array.from({ length: count }, (_, n) => entry({ deed: 'reply', key: String(n) })),
      );
    };
    await write('2025-01-10', 5);
    await engine.access.seal();
    await write('2025-06-01', 2);
    await write('2026-02-01', 3);
    await engine.access.seal();
    const work = (now: string): Promise<unknown> => {
      desk.clock.set(now);
      return workOnce(engine, operator, { watchedSince: at('2026-03-01T00:00:00Z') });
    };
    await work('2026-03-02T02:35:00.000000Z');
    const [plan] = await engine.retention.unfinished();
    expect(plan).to.include({ policy: 'lethe-access-log', items: 5, state: 'planned' });
    await engine.retention.approve(plan?.id ?? '', approver);
    await work('2026-03-02T02:36:00.000000Z');
    expect(await verifyAccessLog(desk.db)).to.deep.equal({
      ...{ ok: true, roots: 2, proven: 5, unproven: 0, waiting: 0, disposed: 5, missing: 0, pruned: 0 },
      faults: [],
    });
    await work('2026-07-01T02:35:00.000000Z');
    expect(await verifyAccessLog(desk.db)).to.include({
      ok: true,
      proven: 0,
      unproven: 3,
      disposed: 7,
      missing: 0,
    });
    expect((await engine.ledger.verify()).ok).to.equal(true);
    await desk.admin(`delete from lethe.access_log where at > '2026-01-01' and key = '1'`);
    expect(await verifyAccessLog(desk.db)).to.include({ ok: false, disposed: 7, missing: 1 });
  });

  it('rows that go under a root made after the last disposal are missing, though the ledger counts as many', async () => {
    const desk = await accessDesk();
    const engine = desk.open({ files: [SHIPPED] });
    desk.clock.set('2025-01-10T09:00:00.000000Z');
    await desk.log.append([entry({ deed: 'reply' })]);
    desk.clock.set('2026-03-02T09:00:00.000000Z');
    const { id } = await engine.retention.plan('lethe-access-log', operator);
    await engine.retention.approve(id, approver);
    await engine.retention.apply(id, operator);
    desk.clock.set('2026-03-03T09:00:00.000000Z');
    await desk.log.append([entry({ deed: 'reply' })]);
    await engine.access.seal();
    await desk.admin('delete from lethe.access_log');
    expect(await verifyAccessLog(desk.db)).to.include({ ok: false, disposed: 0, missing: 1 });
  });
});
