import { literal, raw, sql } from '../db/sql.js';
import type { Row, Tx } from '../db/database.js';
import type { Closure } from '../datamap/closure.js';
import { keyAmong, keyAsText, sameKey } from '../datamap/key-sql.js';
import type { Run } from './prepared-run.js';
import type { ChunkException } from './chunk-store.js';
import { emptyRoots, expandRoots } from './closure-sql.js';
import { workSelect } from './work-tables.js';

interface KeyRow extends Row {
  readonly key: string;
}

/** Statement 1: locks the roots and every row of their table that goes along; what is locked elsewhere is left out. */
export async function lockRoots(tx: Tx, run: Run, keys: readonly string[]): Promise<readonly string[]> {
  const { work, closure } = run;
  const { root } = closure;
  const gone = raw(work.gone(root));
  const own = keyAmong(root, 'this', keys);
  const cyclic = isCyclic(closure);
  if (cyclic) {
    await tx.query(sql`
      insert into ${gone} select ${raw(workSelect(work, root, 'this'))} from ${raw(root.sql)} this where ${own}`);
    await expandRoots(tx, work, closure);
  }
  const members = sql`exists (select from ${gone} gone where ${raw(sameKey(root, 'gone', 'this'))})`;
  const { rows } = await tx.query<KeyRow>(sql`
    select ${raw(keyAsText(root, 'this'))} as key from ${raw(root.sql)} this
    where ${cyclic ? members : own}
    for update of this skip locked`);
  if (cyclic) await tx.script(emptyRoots(work, closure));
  return rows.map(({ key }) => key);
}

/** Whether rows of the root table can go along with a root: merged tickets, reminders, replies. */
export const isCyclic = ({ root, components }: Closure): boolean =>
  components.some(({ tables, inside }) => tables.includes(root) && inside.length > 0);

/** Keys that could not be locked: gone for good, or in somebody else's hands. */
export async function whyUnlocked(
  tx: Tx,
  { closure: { root } }: Run,
  keys: readonly string[],
): Promise<readonly ChunkException[]> {
  if (keys.length === 0) return [];
  const { rows } = await tx.query<KeyRow>(sql`
    select ${raw(keyAsText(root, 'this'))} as key from ${raw(root.sql)} this
    where ${keyAmong(root, 'this', keys)}`);
  const present = new Set(rows.map(({ key }) => key));
  return keys.map((key) => ({ key, outcome: present.has(key) ? 'busy' : 'gone', cause: '' }));
}

/**
 * Statement 2, in a snapshot taken after the locks: same condition, same cutoff, no rival rule. Fills `roots`; returns the
 * keys of the records that the rule still takes.
 */
export async function recheck(tx: Tx, run: Run, keys: readonly string[]): Promise<readonly string[]> {
  const { work, closure, takes } = run;
  const { root } = closure;
  const { rows } = await tx.query<KeyRow>(sql`
    insert into ${raw(work.roots(root))} as roots select ${raw(workSelect(work, root, 'this'))}
    from ${raw(root.sql)} this
    where ${keyAmong(root, 'this', keys)} and ${raw(takes)} and ${raw(rivalOf(run))} is null
    returning ${raw(keyAsText(root, 'roots'))} as key`);
  return rows.map(({ key }) => key);
}

/** The first rival rule that matches the record, or null. */
export const rivalOf = ({ rivals }: Run): string =>
  rivals.length === 0
    ? 'null::text'
    : `case ${rivals.map(({ id, matches }) => `when ${matches} then ${literal(id)}`).join(' ')} end`;

/** Keys that the re-check refused: another rule claims them now, or they have changed. */
export async function whyUnfit(
  tx: Tx,
  run: Run,
  keys: readonly string[],
): Promise<readonly ChunkException[]> {
  if (keys.length === 0) return [];
  const { rivals, takes, closure } = run;
  const { root } = closure;
  const { rows } = await tx.query<KeyRow & { rival: string | null }>(sql`
    select ${raw(keyAsText(root, 'this'))} as key, ${raw(rivalOf(run))} as rival
    from ${raw(root.sql)} this where ${keyAmong(root, 'this', keys)} and ${raw(takes)}`);
  const claims = new Map(rows.map(({ key, rival }) => [key, rival]));
  return keys.map((key): ChunkException => {
    const rival = rivals.find(({ id }) => id === claims.get(key));
    return rival ? { key, outcome: rival.outcome, cause: rival.id } : { key, outcome: 'changed', cause: '' };
  });
}
