import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { canonicalJson } from '../../src/core/canonical-json.js';
import { sql } from '../../src/db/sql.js';
import { actorId, actorNames } from '../../src/ledger/actor-directory.js';
import {
  approver,
  approvedPlan,
  closeDesks,
  hold,
  officer,
  openDesk,
  operator,
  refusal,
  rule,
  TICKETS,
  ticketRows,
  ticketTable,
  type Desk,
} from '../support/small-desk.js';

const RULES = [rule()];

const desk = (): Promise<Desk> =>
  openDesk({
    ddl: `${TICKETS}; ${ticketRows([1, 2, 3], [9])};
      create table shop.messages (id bigint primary key, ticket_id bigint references shop.tickets);
      insert into shop.messages select id * 10, id from shop.tickets`,
    map: {
      tables: { tickets: ticketTable(), messages: { key: { id: 'bigint' } } },
      edges: [{ child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' }],
    },
  });

interface Entry {
  readonly id: string;
  readonly kind: string;
  readonly actor: string;
  readonly about: Readonly<Record<string, unknown>>;
  readonly counts?: Readonly<Record<string, number>>;
  readonly names?: readonly string[];
}

type EntryRow = Readonly<{ id: string; at: string; kind: string; body: string; digest: string }>;

const rowsOf = ({ admin }: Desk): Promise<readonly EntryRow[]> =>
  admin<EntryRow>('select id, at, kind, body, digest from lethe.ledger_entry order by at, id');

const read = ({ body }: EntryRow): Entry => JSON.parse(body) as Entry;

/** One of everything: a hold placed and lifted, a plan approved and applied. */
async function live(desk_: Desk): Promise<string> {
  const engine = desk_.engine(RULES);
  const { id } = await engine.holds.place(
    { ...hold, scope: { kind: 'record', record: 'ticket/2' } },
    officer,
  );
  await engine.holds.lift(id, 'Erika asked', approver);
  const plan = await approvedPlan(engine);
  await engine.retention.apply(plan, operator);
  return plan;
}

describe('ledger entries', () => {
  afterEach(closeDesks);

  it('are canonical JSON with a digest that fits, and agree with their columns', async () => {
    const fresh = await desk();
    const plan = await live(fresh);
    const rows = await rowsOf(fresh);
    expect(rows.map(({ kind }) => kind).sort()).to.deep.equal([
      'hold.lifted',
      'hold.placed',
      'plan.approved',
      'retention.batch',
      'retention.finished',
    ]);
    for (const row of rows) {
      const body: unknown = JSON.parse(row.body);
      expect(canonicalJson(body)).to.equal(row.body);
      expect(createHash('sha256').update(row.body).digest('hex')).to.equal(row.digest);
      expect(body).to.include({ v: 1, id: row.id, at: row.at, kind: row.kind });
    }
    const batch = rows.map(read).find(({ kind }) => kind === 'retention.batch');
    expect(batch).to.deep.include({
      about: { plan, policy: 'old-tickets', chunk: 0 },
      counts: { messages: 3, tickets: 3 },
    });
  });

  it('hold no name of a person or record, only digests that fit their salts', async () => {
    const fresh = await desk();
    await live(fresh);
    const rows = await rowsOf(fresh);
    const said = rows.map(({ body }) => body).join('\n');
    const text = said.replace(/"roles":"[^"]*"/g, ''); // two roles are called as the tests' people are
    for (const word of [
      'officer',
      'approver',
      'operator',
      'Erika',
      'ticket/',
      'district court',
      'litigation',
    ])
      expect(text).not.to.include(word);
    const names = await actorNames(fresh.db);
    for (const { actor } of rows.map(read))
      expect(names.get(actor)).to.be.oneOf(['officer', 'approver', 'operator']);
    const found: string[] = [];
    const salts = new Set<string>();
    for (const { id, names: digests = [] } of rows.map(read)) {
      const [row] = await fresh.admin<{ salts: Uint8Array }>(
        'select salts from lethe.ledger_salt where entry_id = $1',
        [id],
      );
      digests.forEach((digest, position) => {
        const salt = (row?.salts ?? new Uint8Array()).slice(position * 16, (position + 1) * 16);
        expect(salt).to.have.length(16);
        salts.add(Buffer.from(salt).toString('hex'));
        const matches = ['ticket/1', 'ticket/2', 'ticket/3', 'ticket/9'].filter(
          (name) => createHash('sha256').update(salt).update(name).digest('hex') === digest,
        );
        expect(matches).to.have.length(1);
        found.push(...matches);
      });
    }
    expect(found.sort()).to.deep.equal(['ticket/1', 'ticket/2', 'ticket/2', 'ticket/3']);
    expect(salts.size).to.equal(4);
  });

  it('stay as they are when salts and names are dropped', async () => {
    const fresh = await desk();
    await live(fresh);
    const before = await rowsOf(fresh);
    await fresh.db.transaction((tx) => tx.query(sql`delete from lethe.ledger_salt`));
    await fresh.admin('update lethe.actor set name = null, name_key = null, erased_at = now()');
    expect(await rowsOf(fresh)).to.deep.equal(before);
    expect([...(await actorNames(fresh.db))]).to.deep.equal([]);
  });

  it('commit with the deletes or not at all', async () => {
    const fresh = await desk();
    const engine = fresh.engine(RULES);
    const plan = await approvedPlan(engine);
    const before = await rowsOf(fresh);
    await fresh.admin(`create function shop.refuse() returns trigger language plpgsql as $$ begin raise exception 'no' using errcode = 'P0001'; end $$;
      create trigger refuse before insert on lethe.ledger_entry for each row when (new.kind = 'retention.batch') execute function shop.refuse()`);
    await refusal(engine.retention.apply(plan, operator), 'database_failed');
    expect(await fresh.admin('select 1 from shop.tickets')).to.have.length(4);
    expect(await rowsOf(fresh)).to.deep.equal(before);
    expect(await fresh.admin("select 1 from lethe.chunk where state = 'open' and taken = 0")).to.have.length(
      1,
    );
    expect((await engine.retention.status())[0]).to.include({ state: 'failed', deleted: 0 });
    await fresh.admin(
      'drop trigger refuse on lethe.ledger_entry; create trigger refuse before delete on shop.tickets for each row when (old.id = 3) execute function shop.refuse()',
    );
    await refusal(engine.retention.apply(plan, operator), 'database_failed');
    expect(await rowsOf(fresh)).to.deep.equal(before);
    await fresh.admin('drop trigger refuse on shop.tickets');
    await engine.retention.apply(plan, operator);
    expect(await rowsOf(fresh)).to.have.length(before.length + 2);
  });
});

describe('the directory of actors', () => {
  afterEach(closeDesks);

  it('knows one person under every spelling of the name, and keeps the first', async () => {
    const { db } = await desk();
    const spellings = [
      'Grace Hopper',
      'grace hopper',
      ' Grace  Hopper ',
      'GRACE\u00a0HOPPER',
      'Ｇrace Hopper',
    ];
    const ids = await Promise.all(spellings.map((name) => actorId(db, name)));
    expect(new Set(ids).size).to.equal(1);
    expect((await actorNames(db)).size).to.equal(1);
    expect(await actorId(db, 'Grace Hoper')).not.to.equal(ids[0]);
    await refusal(actorId(db, ' \t '), 'input_invalid');
  });
});
