import type pg from 'pg';
import { randomUUID } from 'node:crypto';
import { availableParallelism, loadavg } from 'node:os';
import { canonicalJson } from '../src/core/canonical-json.js';
import { systemClock } from '../src/core/clock.js';
import { sha256 } from '../src/core/digest.js';
import { migrate } from '../src/db/migrate.js';
import { openPostgres } from '../src/db/postgres.js';
import { appendEntry } from '../src/ledger/append.js';
import { exportLedger } from '../src/ledger/export.js';
import { sealLedger } from '../src/ledger/seal.js';
import { verifyExport } from '../src/ledger/verify-export.js';
import { verifyLedger } from '../src/ledger/verify.js';
import { dropVault, vaultOf } from '../test/support/vault.js';
import { byTurns, median, rounded, seconds, type Bench } from './bench.js';
import { serverLine, templateDatabase, withClient } from './databases.js';

const WRITERS = [1, 4, 16];

/**
 * Appends a second of 1, 4 and 16 writers, one entry a transaction, against inserting the same row with BEGIN and COMMIT and
 * nothing else; then entries sealed and verified a second.
 */
export const ledger: Bench = async (options) => {
  const entries = options.small ? 800 : 16_000;
  const dataset = `${entries} entries, one a transaction`;
  options.say(`ledger: ${dataset}; ${await serverLine()}; ${loadLine()}`);
  const template = await templateDatabase(async (url) => {
    const db = await openPostgres(url);
    await migrate(db);
    await db.close();
  });
  try {
    const figures: Record<string, number> = {};
    for (const writers of WRITERS) {
      const [ours, theirs] = await byTurns(
        options,
        { name: `${writers} writers`, run: () => template.onCopy((url) => appends(url, writers, entries)) },
        { name: 'bare inserts', run: () => template.onCopy((url) => inserts(url, writers, entries)) },
      );
      options.say(
        `  ${writers} writers: ${Math.round(entries / ours)} appends a second, ${Math.round(entries / theirs)} bare inserts a second; ${loadLine()}`,
      );
      figures[`appends${writers}`] = Math.round(entries / ours);
      figures[`inserts${writers}`] = Math.round(entries / theirs);
      figures[`ratio${writers}`] = rounded(theirs / ours);
    }
    const checks: Checks[] = [];
    for (let run = 1; run <= options.runs; run += 1)
      checks.push(await template.onCopy((url) => sealAndVerify(url, entries * 5)));
    const perSecond = (name: keyof Checks): number =>
      Math.round((entries * 5) / median(checks.map((one) => one[name])));
    return {
      bench: 'ledger',
      ratio: figures['ratio1'] ?? null,
      bound: 'report',
      dataset,
      runs: options.runs,
      ...figures,
      sealedPerSecond: perSecond('seal'),
      verifiedPerSecond: perSecond('verify'),
      exportedPerSecond: perSecond('write'),
      verifiedOfFilePerSecond: perSecond('file'),
    };
  } finally {
    await template.drop();
  }
};

/** What else the machine does: under load every figure falls, and only the ratios say something. */
const loadLine = (): string => `load ${(loadavg()[0] ?? 0).toFixed(1)} on ${availableParallelism()} cores`;

const shared = (total: number, writers: number): readonly number[] =>
  Array.from({ length: writers }, () => total / writers);

const facts = (n: number) => ({
  kind: 'bench',
  at: systemClock.now(),
  actor: 'actor-bench',
  about: { plan: 'plan-bench', policy: 'resolved-tickets', chunk: n },
  counts: { tickets: 400, messages: 2000 },
});

async function appends(url: string, writers: number, entries: number): Promise<number> {
  const db = await openPostgres(url, { max: writers });
  try {
    return await seconds(() =>
      Promise.all(
        shared(entries, writers).map(async (count) => {
          for (let n = 0; n < count; n += 1) await db.transaction((tx) => appendEntry(tx, facts(n)));
        }),
      ),
    );
  } finally {
    await db.close();
  }
}

/** The same text and digest into the same table. */
async function inserts(url: string, writers: number, entries: number): Promise<number> {
  const write = async (client: pg.Client, count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      const id = randomUUID();
      const body = canonicalJson({ v: 1, id, ...facts(n) });
      await client.query('begin');
      await client.query('insert into lethe.ledger_entry values ($1, $2, $3, $4, $5)', [
        id,
        systemClock.now(),
        'bench',
        body,
        sha256(body),
      ]);
      await client.query('commit');
    }
  };
  return seconds(() =>
    Promise.all(shared(entries, writers).map((count) => withClient(url, (client) => write(client, count)))),
  );
}

interface Checks {
  readonly seal: number;
  readonly verify: number;
  readonly write: number;
  readonly file: number;
}

async function sealAndVerify(url: string, entries: number): Promise<Checks> {
  const db = await openPostgres(url, { max: 4 });
  const context = { db, vault: vaultOf(url), clock: systemClock };
  try {
    await db.transaction(async (tx) => {
      for (let n = 0; n < entries; n += 1) await appendEntry(tx, facts(n));
    });
    const seal = await seconds(() => sealLedger(context));
    const verify = await seconds(async () => {
      if (!(await verifyLedger(context)).ok) throw new Error('the ledger does not verify');
    });
    const lines: Buffer[] = [];
    const write = await seconds(async () => {
      for await (const line of exportLedger(context)) lines.push(Buffer.from(line));
    });
    const file = await seconds(async () => {
      if (!(await verifyExport(parts(lines))).ok) throw new Error('the export does not verify');
    });
    return { seal, verify, write, file };
  } finally {
    await db.close();
    dropVault(url);
  }
}

async function* parts(lines: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  const whole = Buffer.concat(lines);
  for (let at = 0; at < whole.length; at += 65_536)
    yield await Promise.resolve(whole.subarray(at, at + 65_536));
}
