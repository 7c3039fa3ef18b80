import { expect } from 'chai';
import { busyDesk, RULES } from '../support/busy-desk.js';
import {
  approvedPlan,
  closeDesks,
  column,
  hold,
  ids,
  officer,
  openDesk,
  pauseDeletes,
  resume,
  untilPaused,
  operator,
  shown,
  untilBlocked,
} from '../support/small-desk.js';

describe('holds placed during a run', () => {
  afterEach(closeDesks);

  it('a hold placed during a run waits for the batch; nothing it covers goes after it returned', async () => {
    const desk = await openDesk(busyDesk(3000));
    const [engine, desk2] = [desk.engine(RULES), await desk.another(RULES)];
    const plan = await approvedPlan(engine);
    await pauseDeletes(desk.admin, 'shop.messages');
    const applying = engine.retention.apply(plan, operator);
    await untilPaused(desk.admin);
    const condition = { all: [{ fact: 'status', operator: 'equal', value: 'closed' }] };
    let placed = false;
    const placing = desk2.holds
      .place({ ...hold, scope: { kind: 'condition', record: 'ticket', condition } }, officer)
      .then(async (answer) => {
        placed = true;
        return { answer, left: await column(desk.admin, 'select id from shop.tickets where id % 3 <> 0') };
      });
    await untilBlocked(desk.admin, 'pg_advisory_xact_lock');
    expect(placed).to.equal(false);
    await resume(desk.admin);
    const { answer, left } = await placing;
    await applying;
    expect(await column(desk.admin, 'select id from shop.tickets where id % 3 <> 0')).to.deep.equal(left);
    expect(left.length).to.be.within(1, 1999);
    expect(answer.records).to.equal(left.length + 1000);
    expect(answer.alreadyGone).to.deep.equal([
      `${plan}, which has not finished, had deleted ${2000 - left.length} ticket records before`,
    ]);
    const kept = (await shown(engine, plan)).filter((item) => item.endsWith(`protected ${answer.id}`));
    expect(kept).to.have.length(left.length);
  });

  it('holds placed at random moments of a run: what they cover is there afterwards, or was said to be gone', async () => {
    const desk = await openDesk(busyDesk(3000));
    const [engine, other] = [desk.engine(RULES), await desk.another(RULES)];
    const plan = await approvedPlan(engine);
    const held: string[] = [];
    const applying = engine.retention.apply(plan, operator);
    for (let n = 1; n <= 12; n++) {
      const id = (n * 230) % 3 === 0 ? n * 230 + 1 : n * 230;
      const { alreadyGone } = await other.holds.place(
        { ...hold, scope: { kind: 'record', record: `ticket/${id}` } },
        officer,
      );
      const rows = await desk.admin('select 1 from shop.tickets where id = $1', [id]);
      expect(rows.length, alreadyGone.join()).to.equal(alreadyGone.length === 0 ? 1 : 0);
      if (rows.length === 1) held.push(String(id));
    }
    await applying;
    const left = await ids(desk.admin, 'tickets');
    expect(left).to.include.members(held);
  });
});
