import { expect } from 'chai';
import { openAccessLog } from '../../src/access/access-log-writer.js';
import type { AccessEntry } from '../../src/access/access-log.js';
import type { Database, Queryable } from '../../src/db/database.js';
import type { Sql } from '../../src/db/sql.js';
import { closeDesks, officer, refusal } from '../support/small-desk.js';
import { accessDesk, entry, NO_COUNCIL, type AccessDesk } from './access-desk.js';

/** The database, with its statements counted, and one of them held up or made to fail. */
function watched(db: Database, before: (number: number) => Promise<void> = () => Promise.resolve()) {
  const seen = { statements: 0, atOnce: 0, most: 0 };
  const query = async (statement: Sql) => {
    seen.statements += 1;
    seen.atOnce += 1;
    seen.most = Math.max(seen.most, seen.atOnce);
    try {
      await before(seen.statements);
      return await db.query(statement);
    } finally {
      seen.atOnce -= 1;
    }
  };
  return { seen, db: { ...db, query } as Database };
}

const denial = (key: string): AccessEntry => entry({ key, decision: 'deny', reason: 'no', policies: [] });

describe('the access log', () => {
  let desk: AccessDesk;
  beforeEach(async () => {
    desk = await accessDesk();
  });
  afterEach(closeDesks);

  const rows = (): Promise<readonly { key: string }[]> =>
    desk.admin<{ key: string }>('select key from lethe.access_log order by place');

  it('has what was decided, and resolves once another session sees it', async () => {
    await desk.log.append([
      entry({ actor: 'customer/12', decision: 'masked' }),
      entry({
        key: null,
        record: 'ticket',
        deed: 'list',
        actor: 'service/mail',
        purpose: null,
        policies: [],
      }),
    ]);
    const stored = await desk.admin(
      'select at, actor, record, key, deed, purpose, decision, policies, reason, length(salt) as salt from lethe.access_log order by place',
    );
    const at = desk.clock.now();
    expect(stored).to.deep.equal([
      {
        ...{ at, actor: 'customer/12', record: 'ticket', key: '77', deed: 'read' },
        ...{
          purpose: 'dpv:CustomerCare',
          decision: 'masked',
          policies: ['d1', 'd2'],
          reason: null,
          salt: 16,
        },
      },
      {
        ...{ at, actor: 'service/mail', record: 'ticket', key: null, deed: 'list' },
        ...{ purpose: null, decision: 'allow', policies: [], reason: null, salt: 16 },
      },
    ]);
  });

  it('callers that ask at the same time share inserts: one under way, the next takes all that came meanwhile', async () => {
    const { db, seen } = watched(desk.db);
    const log = openAccessLog(db, desk.clock);
    await Promise.all(Array.from({ length: 16 }, (_, n) => log.append([denial(String(n))])));
    expect(seen.statements).to.equal(1);
    const late: Promise<void>[] = [];
    for (let n = 16; n < 200; n++) {
      late.push(log.append([denial(String(n))]));
      if (n % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(late);
    expect(seen.most).to.equal(1);
    expect(seen.statements).to.be.below(40);
    expect((await rows()).map(({ key }) => key)).to.deep.equal(
      Array.from({ length: 200 }, (_, n) => String(n)),
    );
  });

  it('an insert has a bounded number of rows, and a caller’s own stay together', async () => {
    const { db, seen } = watched(desk.db);
    const log = openAccessLog(db, desk.clock, 10);
    const groups = Array.from({ length: 9 }, (_, n) => Array.from({ length: 4 }, () => denial(String(n))));
    await Promise.all(
      [...groups, Array.from({ length: 25 }, () => denial('many'))].map((one) => log.append(one)),
    );
    expect(seen.statements).to.equal(6);
    expect(await rows()).to.have.length(9 * 4 + 25);
  });

  it('when an insert fails, every caller of it is told, and the next ones are served', async () => {
    const { db } = watched(desk.db, (number) =>
      number === 1 ? Promise.reject(new Error('the server went away')) : Promise.resolve(),
    );
    const log = openAccessLog(db, desk.clock);
    const told = await Promise.allSettled([log.append([denial('1')]), log.append([denial('2')])]);
    expect(told.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    await log.append([denial('3')]);
    expect(await rows()).to.deep.equal([{ key: '3' }]);
  });

  it('what a caller gives to be recorded cannot make another’s record fail', async () => {
    const hostile = ['a\0b', '\ud800', 'x'.repeat(100_000), '{"a":1}', "'); drop table lethe.plan --", ''];
    await desk.log.append(
      hostile.map((text) => ({ ...denial(text), record: text, actor: text, reason: text })),
    );
    const stored = await rows();
    expect(stored).to.have.length(hostile.length);
    expect(stored.every(({ key }) => key.length <= 400)).to.equal(true);
    expect(stored[0]?.key).to.equal('a\ufffdb');
  });

  it('close waits for what is being written', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { db } = watched(desk.db, () => held);
    const log = openAccessLog(db, desk.clock);
    const [first, second] = [log.append([denial('1')]), log.append([denial('2')])];
    let closed = false;
    const closing = log.close().then(() => {
      closed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(closed).to.equal(false);
    release();
    await Promise.all([first, second, closing]);
    expect(await rows()).to.have.length(2);
  });

  it('of a write it commits with the write, and goes with it', async () => {
    await desk.db.transaction((tx) => desk.log.appendIn(tx, [entry({ deed: 'reply' })]));
    const failed = desk.db.transaction(async (tx) => {
      await desk.log.appendIn(tx, [entry({ deed: 'reply', key: '78' })]);
      throw new Error('the write failed');
    });
    await failed.catch(() => undefined);
    expect(await rows()).to.deep.equal([{ key: '77' }]);
  });

  it('is append-only: no row is changed, and none goes but through a disposal', async () => {
    await desk.log.append([denial('1')]);
    for (const statement of [
      `update lethe.access_log set actor = 'agent/9'`,
      'truncate lethe.access_log',
      'delete from lethe.access_root',
    ])
      expect(await desk.admin(statement).catch((error: unknown) => String(error)), statement).to.contain(
        'stays as it was written',
      );
    const port: Queryable = desk.db;
    const { sql } = await import('../../src/db/sql.js');
    await refusal(port.query(sql`delete from lethe.access_log`), 'door_closed');
  });

  it('of one record is told by time, without who it was, and each look is in the ledger', async () => {
    const engine = desk.open();
    await engine.access.agree(NO_COUNCIL, officer);
    await desk.log.append([entry(), entry({ key: '1' })]);
    desk.clock.set('2026-03-03T09:00:00.000000Z');
    await desk.log.append([entry({ actor: 'agent/8', deed: 'reply' }), denial('77')]);
    const { entries, more } = await engine.access.log({ record: 'ticket/77' }, officer);
    expect(more).to.equal(false);
    expect(entries.map(({ deed, decision, record }) => `${deed} ${decision} ${record}`)).to.deep.equal([
      'read allow ticket/77',
      'reply allow ticket/77',
      'read deny ticket/77',
    ]);
    expect(JSON.stringify(entries)).not.to.contain('agent');
    const since = await engine.access.log({ record: 'ticket/77', from: '2026-03-03' }, officer);
    expect(since.entries).to.have.length(2);
    const looks = await desk.admin<{ body: string }>(
      `select body from lethe.ledger_entry where kind = 'access.looked'`,
    );
    expect(looks).to.have.length(2);
    expect(looks.map(({ body }) => body).join()).not.to.contain('ticket/77');
    await refusal(engine.access.log({ record: 'ticket/x' }, officer), 'input_invalid');
    await refusal(engine.access.log({ record: 'ticket/77', from: 'yesterday' }, officer), 'input_invalid');
  });
});
