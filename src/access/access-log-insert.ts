import { randomBytes } from 'node:crypto';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { AccessEntry } from './access-log.js';
import { isEmployee } from './call.js';

const SALT_BYTES = 16;

/** What a caller gave may be anything: longer texts are cut. No key of a mapped record is longer. */
const LONGEST = 400;

/** PostgreSQL stores every text but one with a zero byte; a record of a refusal must not fail for what was asked. */
const storable = (text: string): string => text.slice(0, LONGEST).replaceAll('\0', '\ufffd').toWellFormed();
const storableOrNull = (text: string | null): string | null => (text === null ? null : storable(text));

/**
 * Whether recording it is watching an employee at work (BetrVG 87(1) no. 6): what they looked at under their everyday policies.
 * Writes, denials, and what was seen through a broken glass are recorded whatever was agreed.
 */
const needsAgreement = ({ actor, deed, decision, reason }: AccessEntry): boolean =>
  isEmployee({ id: actor }) && (deed === 'read' || deed === 'list') && decision !== 'deny' && reason === null;

/**
 * One statement, however many entries. It looks for the agreement itself, so one that is recorded or withdrawn by any process
 * counts from the next statement on.
 */
export async function insertEntries(
  db: Queryable,
  entries: readonly (AccessEntry & { readonly at: Instant })[],
): Promise<void> {
  const random = randomBytes(SALT_BYTES * entries.length);
  const salts = entries.map((_, at) => random.subarray(at * SALT_BYTES, (at + 1) * SALT_BYTES));
  await db.query(sql`
    insert into lethe.access_log (salt, at, actor, record, key, deed, purpose, decision, policies, reason)
    select salt, at, actor, record, key, deed, purpose, decision, string_to_array(policies, ' '), reason
    from unnest(
      ${salts}::bytea[],
      ${entries.map(({ at }) => at)}::timestamptz[],
      ${entries.map(({ actor }) => storable(actor))}::text[],
      ${entries.map(({ record }) => storable(record))}::text[],
      ${entries.map(({ key }) => storableOrNull(key))}::text[],
      ${entries.map(({ deed }) => deed)}::text[],
      ${entries.map(({ purpose }) => storableOrNull(purpose))}::text[],
      ${entries.map(({ decision }) => decision)}::text[],
      ${entries.map(({ policies }) => policies.join(' '))}::text[],
      ${entries.map(({ reason }) => storableOrNull(reason))}::text[],
      ${entries.map(needsAgreement)}::boolean[]
    ) entry(salt, at, actor, record, key, deed, purpose, decision, policies, reason, watches)
    where not watches or exists (select from lethe.access_agreement where withdrawn_at is null)`);
}
