import type { Call } from '../access/call.js';
import type { Candidates, Denial } from '../access/decide-access.js';
import type { Decision } from '../access/decision.js';
import { showingInFull } from '../access/fields.js';
import { guardedRows, type GuardedRows } from '../access/guarded-rows.js';
import { anyMatchesSql } from '../access/access-sql.js';
import type { Row } from '../db/database.js';
import type { PlainBytes } from '../encryption/encryption.js';
import { SLICE, slicesAfter, type StoredFile } from './content-slices.js';
import { STAMP } from '../access/policy-cache.js';
import { Slot } from '../access/slots.js';
import type { LetheError } from '../core/errors.js';
import { collected } from '../core/pieces.js';
import { join, raw, sql, type Sql } from '../db/sql.js';
import {
  askedFor,
  asking,
  candidatesFor,
  compiledFor,
  entryOf,
  filledFor,
  refused,
  stampNow,
  type Answer,
  type Asked,
} from './ask.js';
import { deskRecord, type DeskRecord } from './desk-record.js';
import type { TicketContext } from './ticket-context.js';

/** The bytes of an attachment or a recording. */
export interface Content {
  readonly content: Uint8Array;
  readonly mediaType: string;
}

/** The same as they are read, in the memory of a few pieces. */
export interface ContentStream extends PlainBytes {
  readonly mediaType: string;
}

type File = 'attachment' | 'recording';

/**
 * Reads the content of a file of a ticket: for whom the policies show its column in full, and with it everything it is part of.
 * @param ref `attachment/5`, `recording/3`
 * @throws LetheError `access_denied` (also where there is no such file), `content_changed`, `input_invalid`, and as
 *   Encryption.decrypt
 */
export async function readContent(
  context: TicketContext,
  call: Call,
  ref: string,
  part: File,
): Promise<Content> {
  const { pieces, mediaType } = await streamContent(context, call, ref, part);
  return { content: await collected(pieces), mediaType };
}

/**
 * The same piece by piece. Who asks and whether its key opens is decided when this returns; `content_changed` and
 * `envelope_invalid` come while it is read, too.
 */
export async function streamContent(
  context: TicketContext,
  call: Call,
  ref: string,
  part: File,
): Promise<ContentStream> {
  const named = deskRecord(context.graph, ref, [part]);
  const outcome = await asking(context, call, (asked) => askContent(asked, named, ref));
  if ('refusal' in outcome) throw await outcome.refusal();
  const { file, decision, mediaType } = outcome;
  const { table, size, first } = file;
  const stored = { table: table.id, column: 'content', row: named.key, value: first };
  const rest = slicesAfter(context.db, named.key, file);
  const { size: bytes, pieces } = await context.encryption.decryptBytes({ stored, size, rest });
  const policies = decision.policies.map(({ version }) => version);
  const subject = { deed: 'read', ...named } as const;
  await context.log.append([entryOf(call, subject, 'allow', policies, decision.reason)]);
  return { size: bytes, pieces, mediaType };
}

type Outcome =
  | { readonly file: StoredFile; readonly mediaType: string; readonly decision: Decision }
  | { readonly refusal: () => Promise<LetheError> };

interface ContentRow extends Row {
  readonly stamp: string;
  readonly shown: readonly unknown[] | null;
  readonly first: Uint8Array | null;
  readonly size: number | null;
  readonly version: string | null;
  readonly media_type: string | null;
}

async function askContent(asked: Asked, named: DeskRecord, ref: string): Promise<Answer<Outcome>> {
  const { db } = asked.context;
  const found = candidatesOf(asked, named.record);
  const refusal = (): Promise<LetheError> => refused(asked, { deed: 'read', ...named }, ref, found.file);
  if (!('within' in found)) return { stamp: await stampNow(db), result: { refusal } };
  const compiled = compiledFor(asked, `content ${named.record}`, () => contentStatement(asked, found));
  const { rows } = await db.query<ContentRow>(filledFor(compiled.statement, asked, { key: named.key }));
  const { stamp = '', shown = null, first = null, size, version, media_type: mediaType } = rows[0] ?? {};
  const decision = shown && compiled.rows.shown(named.key, shown)?.decision;
  if (!decision || !first || typeof mediaType !== 'string') return { stamp, result: { refusal } };
  const file = { table: found.file.table, version: version ?? '', size: size ?? 0, first };
  return { stamp, result: { file, mediaType, decision } };
}

interface Files {
  readonly file: Candidates;
  /** What an attachment is part of must be permitted too; a recording has purposes of its own. */
  readonly within: readonly Candidates[];
}

function candidatesOf(asked: Asked, record: string): Files | { readonly file: Candidates | Denial } {
  const file = candidatesFor(asked, 'read', record);
  const around = record === 'attachment' ? ['message', 'ticket'] : [];
  const within = around.map((name) => candidatesFor(asked, 'read', name));
  const permitted = within.filter((one) => one.kind === 'candidates');
  return file.kind === 'candidates' && permitted.length === within.length
    ? { file, within: permitted }
    : { file };
}

/** Where a record around the file is, over `file`, its row. */
const AROUND: Readonly<Record<string, string>> = {
  message: 'file.message_id',
  ticket: '(select m.ticket_id from desk.messages m where m.id = file.message_id)',
};

function contentStatement(
  asked: Asked,
  { file, within }: Files,
): { readonly rows: GuardedRows; readonly statement: Sql } {
  const rows = guardedRows(file, askedFor(asked));
  const column = file.table.columns.get('content');
  const showing = column ? showingInFull(file, column) : [];
  const inFull = anyMatchesSql(file, showing, askedFor(asked));
  const around = within.map((one) => {
    const key = AROUND[one.record] ?? 'null';
    return sql`exists (select from ${raw(one.table.sql)} this
      where this.id = ${raw(key)} and (${guardedRows(one, askedFor(asked)).condition}))`;
  });
  const statement = sql`
    with file as materialized (
      select this.*, this.xmin::text as version, ${rows.verdict} as shown, ${inFull} as in_full
      from ${raw(file.table.sql)} this ${rows.lateral}
      where this.id = ${new Slot('key')}::bigint and not ${rows.hidden}),
    permitted as (select * from file where ${join([sql`in_full`, ...around], ' and ')})
    select ${STAMP} as stamp, p.shown, substring(p.content from 1 for ${SLICE}) as first, octet_length(p.content) as size,
      p.version, p.media_type
    from (values (1)) one left join permitted p on true`;
  return { rows, statement };
}
