import { randomUUID } from 'node:crypto';
import type { Clock } from '../../src/core/clock.js';
import { LetheError } from '../../src/core/errors.js';
import type { Instant } from '../../src/core/instant.js';
import { engineOver, type Engine } from '../../src/engine.js';
import type { KeyId } from '../../src/keys/key.js';
import type { Keys } from '../../src/keys/keys.js';
import type { EpochState, WrappedKey } from '../../src/keys/key-store.js';
import { MemoryKeyring } from '../support/memory-keys.js';
import {
  openDesk,
  policiesOf,
  rule,
  TODAY,
  type Desk,
  type DeskSetup,
  type Json,
} from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';

const GONE = "timestamptz '2021-06-01'";

/**
 * Six customers and six tickets, 1 to 3 of each long past their date; customer n has written in ticket n and in ticket 4, and each of
 * them has a key. Encryption is on, as far as the rows that say so go: what is encrypted is no matter here.
 */
export const KEYED: DeskSetup = {
  ddl: `create schema shop;
    create table shop.customers (id bigint primary key, name text not null, left_at timestamptz);
    create table shop.tickets (id bigint primary key, subject text, status text not null default 'closed', closed_at timestamptz);
    create table shop.messages (id bigint primary key, ticket_id bigint not null references shop.tickets,
      customer_id bigint references shop.customers, body text not null);
    create index on shop.messages (ticket_id); create index on shop.messages (customer_id);
    insert into shop.customers select n, 'lk1.', case when n <= 3 then ${GONE} end from generate_series(1, 6) n;
    insert into shop.tickets select n, 'lk1.', 'closed', case when n <= 3 then ${GONE} end from generate_series(1, 6) n;
    insert into shop.messages select n, n, n, 'lk1.' from generate_series(1, 6) n;
    insert into shop.messages select 10 + n, 4, n, 'lk1.' from generate_series(1, 6) n`,
  map: {
    tables: {
      customers: {
        key: { id: 'bigint' },
        concept: 'customer',
        protected: { columns: ['name'], owners: [{ record: 'customer', sql: 'this.id' }] },
        columns: { name: { type: 'text', category: 'user.name' }, left_at: { type: 'timestamptz' } },
        facts: { leftAt: { column: 'left_at' } },
      },
      tickets: {
        key: { id: 'bigint' },
        concept: 'ticket',
        protected: { columns: ['subject'], owners: [{ record: 'ticket', sql: 'this.id' }] },
        columns: {
          subject: { type: 'text' },
          status: { type: 'text' },
          closed_at: { type: 'timestamptz' },
        },
        facts: { closedAt: { column: 'closed_at' }, status: { column: 'status' } },
      },
      messages: {
        key: { id: 'bigint' },
        concept: 'message',
        protected: { columns: ['body'], owners: [{ record: 'ticket', sql: 'this.ticket_id' }] },
        columns: { body: { type: 'text' }, customer_id: { type: 'bigint' }, ticket_id: { type: 'bigint' } },
      },
    },
    subject: {
      record: 'customers',
      key: 'id',
      identifiers: [],
      edges: [{ as: 'author', child: 'messages', on: { customer_id: 'id' } }],
    },
    edges: [
      { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
      { child: 'messages', parent: 'customers', on: { customer_id: 'id' }, then: 'clear' },
    ],
  },
};

export const CUSTOMERS = rule({
  id: 'old-customers',
  record: 'customer',
  keep: { for: 'P1Y', from: 'leftAt', timeZone: 'UTC' },
});
export const RULES: readonly Json[] = [rule(), CUSTOMERS];

/** An installation's keys over a keyring in memory; `isAway`: its vault cannot be reached. */
export class KeysInMemory {
  readonly keyring = new MemoryKeyring();
  isAway = false;
  epoch = 'epoch-1';
  /** In their place. */
  living = ['epoch-1'];
  provider: 'local' | 'aws-kms' = 'local';
  calls = 0;

  private readonly uses = new Map<KeyId, 'subject' | 'ticket'>();

  constructor() {
    const make = this.keyring.make.bind(this.keyring);
    this.keyring.make = async (use, count) => {
      const made = await make(use, count);
      for (const { id } of made) this.uses.set(id, use);
      return made;
    };
    const destroy = this.keyring.destroy.bind(this.keyring);
    this.keyring.destroy = async (ids: readonly string[], at: Instant) => {
      this.reach();
      this.calls += 1;
      await destroy(ids, at);
    };
  }

  /** As an engine takes them. */
  get keys(): Keys {
    return {
      keyring: this.keyring,
      provider: { name: this.provider },
      rhythm: { every: 'P30D', afterDestruction: 'P7D', keptFor: 'P35D' },
      store: {
        find: (ids: readonly KeyId[]) => this.find(ids),
        epochs: () => this.epochs(),
        page: (epoch: string, after: KeyId | null, limit: number) => this.page(epoch, after, limit),
        counts: () => this.counts(),
        alone: <T>(work: () => Promise<T>) => work(),
      },
      epochs: { all: () => Promise.resolve(this.living.map((id) => ({ id }))) },
      close: () => Promise.resolve(),
    } as unknown as Keys;
  }

  private find(ids: readonly KeyId[]): Promise<ReadonlyMap<KeyId, WrappedKey>> {
    this.reach();
    const found = ids
      .filter((id) => this.keyring.keys.has(id))
      .map((id) => [id, { id } as WrappedKey] as const);
    return Promise.resolve(new Map(found));
  }

  private page(epoch: string, after: KeyId | null, limit: number): Promise<readonly WrappedKey[]> {
    this.reach();
    const ids = [...this.keyring.keys.keys()].filter((id) => after === null || id > after).sort();
    return Promise.resolve(
      ids.slice(0, limit).map((id) => ({ id, epoch, use: this.uses.get(id) ?? 'index' }) as WrappedKey),
    );
  }

  private counts(): Promise<readonly { readonly use: string; readonly count: number }[]> {
    this.reach();
    const uses = [...this.keyring.keys.keys()].map((id) => this.uses.get(id) ?? 'index');
    return Promise.resolve(uses.map((use) => ({ use, count: 1 })));
  }

  private epochs(): Promise<readonly EpochState[]> {
    this.reach();
    return Promise.resolve([{ id: this.epoch, state: 'current', since: TODAY.now(), emptiedAt: null }]);
  }

  private reach(): void {
    if (this.isAway)
      throw new LetheError('vault_unreadable', { place: 'memory', reason: 'the test says so' });
  }
}

export interface KeyedDesk {
  readonly desk: Desk;
  readonly vault: KeysInMemory;
  readonly engine: Engine;
  /** Over the same keys, or without any; by another clock. */
  readonly another: (keys: KeysInMemory | null, clock?: Clock) => Engine;
}

/** @param state of encryption; `off`: no keys at all */
export async function keyedDesk(state: 'on' | 'off' = 'on', setup: DeskSetup = KEYED): Promise<KeyedDesk> {
  const desk = await openDesk(setup);
  const vault = new KeysInMemory();
  if (state === 'on') await giveKeys(desk, vault);
  const another = (keys: KeysInMemory | null, clock: Clock = TODAY): Engine =>
    engineOver({
      db: desk.db,
      graph: desk.graph,
      policiesInForce: () => Promise.resolve(policiesOf(desk.graph, RULES)),
      clock,
      vault: vaultOf(desk.url),
      keys: keys && keys.keys,
    });
  return { desk, vault, engine: another(state === 'on' ? vault : null), another };
}

/** A key for each customer and ticket, and two index rows for each customer. */
async function giveKeys({ admin }: Desk, { keyring }: KeysInMemory): Promise<void> {
  await admin(
    `insert into lethe.encryption (state, map_id, begun_at, done_at) values ('on', 'small', '2021-01-01', '2021-01-01')`,
  );
  for (const [record, use] of [
    ['customer', 'subject'],
    ['ticket', 'ticket'],
  ] as const)
    for (let key = 1; key <= 6; key += 1) {
      const [made] = await keyring.make(use, 1);
      await admin(
        `insert into lethe.data_key (id, use, record, key, made_at) values ($1, $2, $3, $4, '2021-01-01')`,
        [made?.id, use, record, String(key)],
      );
    }
  await admin(`insert into lethe.blind_index (kind, version, digest, record, key, is_unique)
    select kind, 1, sha256((kind || n)::bytea), 'customer', n::text, true
    from generate_series(1, 6) n, unnest(array['email', 'phone']) kind`);
}

/** `customer/1 ended destroyed`, in order. */
export async function keyStates({ admin }: Desk): Promise<readonly string[]> {
  const rows = await admin<{ state: string }>(`
    select record || '/' || key || case when ended_at is null then '' else ' ended' end
      || case when destroyed_at is null then '' else ' destroyed' end
      || case when back_at is null then '' else ' back' end as state
    from lethe.data_key order by record, key, made_at`);
  return rows.map(({ state }) => state);
}

/** Bodies of ledger entries of a kind, in order. */
export async function entries({ admin }: Desk, kind: string): Promise<readonly Entry[]> {
  const rows = await admin<{ body: string }>(
    'select body from lethe.ledger_entry where kind = $1 order by at',
    [kind],
  );
  return rows.map(({ body }) => JSON.parse(body) as Entry);
}

export interface Entry {
  readonly about: Readonly<Record<string, string | number>>;
  readonly counts?: Readonly<Record<string, number>>;
}

/** A key that somebody else's transaction made of a record that is gone by the time it commits. */
export async function lateKey({ admin }: Desk, record: string, key: string): Promise<string> {
  const id = randomUUID();
  await admin(
    `insert into lethe.data_key (id, use, record, key, made_at) values ($1, 'ticket', $2, $3, '2024-01-02T00:00:00Z')`,
    [id, record, key],
  );
  return id;
}

const KEYED_TABLES = KEYED.map['tables'] as Record<string, Record<string, unknown>>;

/** Its tickets in partitions by year. */
export const PARTITIONED = {
  ddl: KEYED.ddl
    .replace('closed_at timestamptz);', 'closed_at timestamptz not null) partition by range (closed_at);')
    .replace(
      'create table shop.tickets (id bigint primary key',
      'create table shop.tickets (id bigint not null',
    )
    .replace(' references shop.tickets', '')
    .replace(
      'create table shop.messages',
      `create table shop.y2021 partition of shop.tickets for values from ('2021-01-01') to ('2022-01-01');
       create table shop.later partition of shop.tickets for values from ('2022-01-01') to ('2030-01-01');
       create index on shop.tickets (id); create table shop.messages`,
    )
    .replace(
      `insert into shop.tickets select n, 'lk1.', 'closed', case when n <= 3 then timestamptz '2021-06-01' end`,
      `insert into shop.tickets select n, 'lk1.', 'closed', case when n <= 3 then timestamptz '2021-06-01' else timestamptz '2023-12-30' end`,
    ),
  map: {
    ...KEYED.map,
    tables: { ...KEYED_TABLES, tickets: { ...KEYED_TABLES['tickets'], partition: { by: 'closed_at' } } },
  },
};
