import { encryptDatabase } from '../src/encryption/convert.js';
import { encryptionOver } from '../src/encryption/encryption-over.js';
import { NO_ENCRYPTION } from '../src/encryption/encryption.js';
import type { Keyring } from '../src/keys/keyring.js';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { openAccessLog } from '../src/access/access-log-writer.js';
import type { Call } from '../src/access/call.js';
import { systemClock } from '../src/core/clock.js';
import { policyInvalid, type Problem } from '../src/core/errors.js';
import { guardedTables } from '../src/datamap/graph.js';
import { loadMap } from '../src/datamap/load.js';
import { openPostgres } from '../src/db/postgres.js';
import { parserOf } from '../src/db/values.js';
import { byKind } from '../src/policy/policy.js';
import { readPolicies, readPolicyFiles } from '../src/policy/policy-set.js';
import { ticketsOver, type Tickets } from '../src/tickets/tickets.js';
import { MemoryKeyring } from '../test/support/memory-keys.js';
import { byTurns, rounded, type BenchOptions } from './bench.js';
import { templateDatabase, withClient, type Template } from './databases.js';
import { makeDesk } from './desk-engine.js';

export const CALLERS = 16;
const CONNECTIONS = 16;

/** The agents of the desk, one a caller. */
export const callOf = (caller: number): Call => ({
  actor: { id: `agent/${1 + (caller % 50)}`, roles: ['agent'], assurance: 'authenticated' },
  purpose: 'dpv:CustomerCare',
});

/**
 * A help desk in which what agents read is recorded, and where some messages are flagged and some in quarantine.
 * @param keyring its rows are stored encrypted under these keys; absent: in the clear
 */
export const guardedTemplate = (tickets: number, keyring?: Keyring): Promise<Template> =>
  templateDatabase(async (url) => {
    await makeDesk(url, { tickets, due: 320 });
    await withClient(url, (client) => client.query(FLAGS));
    if (keyring) await encryptAll(url, keyring);
  });

async function encryptAll(url: string, keyring: Keyring): Promise<void> {
  const db = await openPostgres(url, { max: CONNECTIONS });
  try {
    const graph = await loadMap('native', {}, '.');
    await encryptDatabase({ db, graph, keyring, clock: systemClock }, 'officer');
  } finally {
    await db.close();
  }
}

const FLAGS = `
  insert into lethe.actor (id, name, name_key) values ('actor-bench', 'officer', 'officer');
  insert into lethe.access_agreement (id, no_works_council, recorded_by, recorded_at) values ('agreement-1', 'a bench', 'actor-bench', now());
  insert into lethe.sensitive (id, record, key, flagged_by, flagged_at)
  select 'flag-' || n, 'message', n::text, 'actor-bench', now() from generate_series(1, 4000, 4) n;
  insert into lethe.quarantine (id, record, key, kind, quarantined_by, quarantined_at)
  select 'q-' || n, 'message', n::text, 'card', 'actor-bench', now() from generate_series(2, 4000, 40) n;
  update desk.customers set phone = '+49 30 ' || (1000000 + id)`;

/** Runs `work` with the guarded storage under the shipped policies, its own pool and its own log. */
export async function withTickets<T>(
  url: string,
  work: (tickets: Tickets) => Promise<T>,
  keyring?: Keyring,
): Promise<T> {
  const db = await openPostgres(url, { max: CONNECTIONS });
  const log = openAccessLog(db, systemClock);
  try {
    const graph = await loadMap('native', {}, '.');
    db.guard(guardedTables(graph));
    const problems: Problem[] = [];
    const folder = fileURLToPath(new URL('../policies/native', import.meta.url));
    const policies = byKind(
      readPolicies(graph, await readPolicyFiles(folder, 'policies/native', problems), problems),
    );
    if (problems.length > 0) throw policyInvalid(problems);
    return await work(
      ticketsOver({
        db,
        graph,
        clock: systemClock,
        vault: null,
        encryption: keyring ? encryptionOver({ db, graph, keyring, clock: systemClock }) : NO_ENCRYPTION,
        policies: () => Promise.resolve(policies),
        log,
      }),
    );
  } finally {
    await log.close();
    await db.close();
  }
}

/**
 * Time of the same work with every protected value stored encrypted, its keys open in this process, over time in the clear.
 * @param template the same desk in the clear
 */
export async function encryptedRatio(
  options: BenchOptions,
  template: Template,
  tickets: number,
  work: (tickets: Tickets) => Promise<number>,
): Promise<number> {
  const keyring = new MemoryKeyring();
  const encrypted = await guardedTemplate(tickets, keyring);
  const run = (of: Template, keys?: Keyring) => () => of.onCopy((url) => withTickets(url, work, keys));
  try {
    const [on, off] = await byTurns(
      options,
      { name: 'encrypted', run: run(encrypted, keyring) },
      { name: 'in the clear', run: run(template) },
    );
    return rounded(on / off);
  } finally {
    await encrypted.drop();
  }
}

/** Runs `work` with a bare pool and an audit log written by hand. */
export async function byHand<T>(url: string, work: (pool: pg.Pool, audit: Audit) => Promise<T>): Promise<T> {
  const types = { getTypeParser: parserOf as pg.CustomTypesConfig['getTypeParser'] };
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS, types });
  try {
    return await work(pool, auditOf(pool));
  } finally {
    await pool.end();
  }
}

/** actor, record, key, decision */
export type AuditRow = readonly [string, string, string | null, string];
export type Audit = (rows: readonly AuditRow[]) => Promise<void>;

/** What an engineer would write: rows of all who wait go in one INSERT, one INSERT at a time. */
function auditOf(pool: pg.Pool): Audit {
  let waiting: {
    readonly rows: readonly AuditRow[];
    readonly done: () => void;
    readonly failed: (reason: unknown) => void;
  }[] = [];
  let writing = false;
  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      const rows = group.flatMap((one) => one.rows);
      try {
        await pool.query(
          INSERT,
          [0, 1, 2, 3].map((column) => rows.map((row) => row[column])),
        );
        for (const { done } of group) done();
      } catch (reason) {
        for (const { failed } of group) failed(reason);
      }
    }
    writing = false;
  };
  return (rows) =>
    new Promise((done, failed) => {
      waiting.push({ rows, done, failed });
      if (writing) return;
      writing = true;
      queueMicrotask(() => void write());
    });
}

const INSERT = `insert into lethe.access_log (salt, at, actor, record, key, deed, purpose, decision, policies, reason)
  select decode(md5(random()::text), 'hex'), now(), actor, record, key, 'read', 'dpv:CustomerCare', decision, array_fill(repeat('0', 64), array[case record when 'ticket' then 4 else 2 end]), null
  from unnest($1::text[], $2::text[], $3::text[], $4::text[]) e(actor, record, key, decision)`;

/** `calls` calls by 16 callers, each making its next when the last is answered. */
export async function callers(
  calls: number,
  work: (call: number, caller: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: CALLERS }, async (_, caller) => {
      while (next < calls) await work(next++, caller);
    }),
  );
}
