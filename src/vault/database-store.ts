import type { Database, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { VaultStore } from './store.js';

/** Advisory lock number in the vault's database ("LETH", then 5): lines are committed in the order of their positions. */
const APPENDING = 0x4c455448_05n.toString();

/** A vault in schema "lethe_vault" of a second database; `place` is shown to people and carries no password. */
export function databaseStore(db: Database, place: string): VaultStore {
  return {
    place,
    read: async (name) => {
      const { rows } = await db.query<Row & { content: string }>(
        sql`select content from lethe_vault.document where name = ${name}`,
      );
      return rows[0]?.content ?? null;
    },
    write: async (name, content) => {
      await db.query(sql`
        insert into lethe_vault.document (name, content) values (${name}, ${content})
        on conflict (name) do update set content = excluded.content`);
    },
    create: async (name, content) => {
      const { count } = await db.query(sql`
        insert into lethe_vault.document (name, content) values (${name}, ${content}) on conflict do nothing`);
      return count > 0;
    },
    append: async (line) => {
      // the lock is taken before the position: a reader that saw a position has seen every lower one
      await db.query(sql`
        insert into lethe_vault.journal (line)
        select ${line}::text from (select pg_advisory_xact_lock(${APPENDING}::bigint)) locked`);
    },
    lines: async (from) => {
      const { rows } = await db.query<Row & { position: string; line: string }>(sql`
        select position, line from lethe_vault.journal where position >= ${from}::bigint order by position`);
      const lines = rows.map(({ position, line }) => ({ position: Number(position), line }));
      return { lines, end: (lines.at(-1)?.position ?? from - 1) + 1 };
    },
    dropBefore: async (position) => {
      await db.query(sql`delete from lethe_vault.journal where position < ${position}::bigint`);
    },
    close: () => db.close(),
  };
}
