import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Database, Row } from '../db/database.js';
import { literal, raw, sql } from '../db/sql.js';
import { unlessLate } from '../db/time-limit.js';
import { error, hint, warning, type Finding } from '../datamap/finding.js';
import type { MapColumn, MapGraph, MapTable } from '../datamap/graph.js';
import { pendingByPlan } from '../encryption/data-key-store.js';
import { encryptionState, type EncryptionState } from '../encryption/state.js';
import { MAGIC, TEXT_PREFIX } from '../keys/envelope.js';
import { damagedKeys } from '../keys/damaged-keys.js';
import { isUnfinished, type EpochState } from '../keys/key-store.js';
import type { Keys } from '../keys/keys.js';
import { lostEpochs } from '../keys/lost-epochs.js';
import { rotationDue } from '../keys/rotate-epoch.js';
import { isKeyFileUnmade } from '../encryption/unmade-key-file.js';
import { before, DAY, dayOf, daysBetween } from './context.js';
import { encryptedUnprotected } from './encrypted-columns.js';
import { keysApart } from './keys-apart.js';
import { listed } from './listed.js';

export interface KeysQuestion {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  /** Why they cannot be opened is a finding; null: there are none to look at. */
  readonly keys: Keys | LetheError | null;
  /** Whether lethe.json names keys. */
  readonly isConfigured: boolean;
}

/** The newest rows of a table that are looked at: that nothing is in the clear, a constraint says of all. */
const SAMPLE = 1000;

/** Whether what the map protects is encrypted, and what its keys need. Writes nothing, and opens no key. */
export async function keysCoverage(question: KeysQuestion): Promise<readonly Finding[]> {
  const { db, graph, keys } = question;
  const state = await encryptionState(db);
  return [
    ...standing(state, question.isConfigured, protectedTables(graph)),
    ...(await undestroyed(question)),
    ...(state === 'on' ? await inTheClear(db, graph) : []),
    ...(state === 'off' ? [] : await encryptedUnprotected(db, graph)),
    ...(keys instanceof LetheError ? [failed(keys)] : keys ? await keysFindings(question, keys) : []),
  ];
}

const failed = ({ code, message }: LetheError): Finding => error(code, 'keys', message);

const protectedTables = ({ tables }: MapGraph): readonly MapTable[] =>
  [...tables.values()].filter((table) => table.protected !== null);

function standing(state: EncryptionState, hasKeys: boolean, tables: readonly MapTable[]): readonly Finding[] {
  if (tables.length === 0) return [];
  if (!hasKeys && state !== 'off') return [failed(new LetheError('keys_unset'))];
  if (state === 'converting')
    return [
      warning(
        'encryption_unfinished',
        'keys',
        'new values are encrypted, not all of the old ones are yet: `lethe keys encrypt` goes on where it stopped',
      ),
    ];
  if (state === 'on') return [];
  const names = listed(tables.map(({ id }) => id));
  return [
    hasKeys
      ? warning(
          'encryption_off',
          'keys',
          `keys are configured, but what the map protects is stored in the clear (${names}): \`lethe keys encrypt\``,
        )
      : hint(
          'encryption_off',
          'keys',
          `what the map protects is stored in the clear (${names}): with "keys" in lethe.json it is encrypted, and a disposal reaches the backups as well`,
        ),
  ];
}

async function undestroyed({ db, clock }: KeysQuestion): Promise<readonly Finding[]> {
  const late = [...(await pendingByPlan(db))].flatMap(([plan, { keys, since }]) => {
    const days = daysBetween(since, clock.now());
    return days > 0 ? [{ plan, keys, since, days }] : [];
  });
  return late.map(({ plan, keys, since, days }) =>
    error(
      'keys_undestroyed',
      plan === '' ? 'keys' : plan,
      `${keys} keys of deleted records are to be destroyed since ${dayOf(since)} (${days} days), and are not: \`lethe worker --once\` destroys them, or says what is in the way`,
    ),
  );
}

/** One finding a table; no value is quoted, and no row. */
async function inTheClear(db: Database, graph: MapGraph): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const table of protectedTables(graph)) {
    const columns = table.protected?.columns ?? [];
    const found = await unlessLate(columnsInTheClear(db, table, columns));
    if (found === 'late' || found.length === 0) continue;
    findings.push(
      error(
        'value_unencrypted',
        `tables.${table.id}`,
        `${listed(found)} of some of its newest rows are stored in the clear, where everything is encrypted: find out who writes past Lethe, then \`lethe keys encrypt\``,
      ),
    );
  }
  return findings;
}

async function columnsInTheClear(
  db: Database,
  table: MapTable,
  columns: readonly MapColumn[],
): Promise<readonly string[]> {
  const clear = columns.map((column) => `count(*) filter (where ${isClear(column)}) as "${column.id}"`);
  const order = table.key.map(({ sql: name }) => `this.${name} desc`).join(', ');
  const { rows } = await db.query<Row & Record<string, string>>(sql`
    select ${raw(clear.join(', '))}
    from (select this.* from ${raw(table.sql)} this order by ${raw(order)} limit ${SAMPLE}::int) this`);
  return columns.map(({ id }) => id).filter((id) => Number(rows[0]?.[id] ?? 0) > 0);
}

/** Predicate over `this`; null counts as neither. */
const isClear = ({ sql: name, type }: MapColumn): string =>
  type === 'bytes'
    ? `substring(this.${name} from 1 for ${MAGIC.length}) <> '\\x${MAGIC.toString('hex')}'::bytea`
    : `left(this.${name}, ${TEXT_PREFIX.length}) <> ${literal(TEXT_PREFIX)}`;

async function keysFindings(question: KeysQuestion, keys: Keys): Promise<readonly Finding[]> {
  if (await isKeyFileUnmade(question.db, keys)) return []; // `encryption_off` says what makes it
  const found = [
    ...(await orFailure(() => ofProvider(keys))),
    ...(await orFailure(() => ofEpochs(keys))),
    ...(await orFailure(() => ofDamage(keys))),
    ...(await orFailure(() => ofRotation(question, keys))),
    ...(await orFailure(() => keysApart(question.db, keys.store))),
  ];
  // a key file is root and place of the epochs at once: what is wrong with it is said once
  return found.filter(({ message }, at) => found.findIndex((other) => other.message === message) === at);
}

async function orFailure(work: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await work();
  } catch (failure) {
    if (failure instanceof LetheError) return [failed(failure)];
    throw failure;
  }
}

async function ofProvider({ provider }: Keys): Promise<readonly Finding[]> {
  await provider.check();
  return [];
}

const ofEpochs = async (keys: Keys): Promise<readonly Finding[]> =>
  (await lostEpochs(keys)).map((epoch) =>
    failed(new LetheError('epoch_lost', { epoch, place: keys.epochs.place })),
  );

async function ofDamage({ store }: Keys): Promise<readonly Finding[]> {
  const damaged = await damagedKeys(store);
  return damaged ? [failed(damaged)] : [];
}

async function ofRotation({ clock }: KeysQuestion, keys: Keys): Promise<readonly Finding[]> {
  const yesterday = before(clock.now(), DAY);
  const epochs = await keys.store.epochs();
  const current = epochs.find(({ state }) => state === 'current');
  if (!current) return [];
  if (epochs.some(isUnfinished)) return current.since < yesterday ? [unfinished(current)] : [];
  return (await rotationDue(keys, yesterday)) ? [OVERDUE] : [];
}

const OVERDUE = warning(
  'rotation_overdue',
  'keys',
  'a new epoch is due for more than a day, and until it begins what was destroyed can be read with an old copy of the vault: `lethe keys rotate`, or keep `lethe worker` running',
);

const unfinished = ({ since }: EpochState): Finding =>
  warning(
    'rotation_unfinished',
    'keys',
    `the rotation begun on ${dayOf(since)} has not moved every key yet: \`lethe keys rotate\` goes on where it stopped`,
  );
