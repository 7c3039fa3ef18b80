import type { Admin } from '../support/database.js';

/** All that stands in the tables of both schemas, bytes decoded: for looking for what must not be there. */
export async function everythingIn(admin: Admin): Promise<string> {
  const tables = await admin<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('desk', 'lethe')`,
  );
  const texts: string[] = [];
  for (const { name } of tables)
    for (const { row } of await admin<{ row: string }>(`select row_to_json(t)::text as row from ${name} t`))
      texts.push(row);
  const text = texts.join('\n');
  const bytes = [...text.matchAll(/\\x([0-9a-f]+)/g)].map(([, hex = '']) =>
    Buffer.from(hex, 'hex').toString(),
  );
  return [text, ...bytes].join('\n');
}
