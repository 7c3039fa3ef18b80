import type { Call } from '../access/call.js';
import type { Candidates, Denial } from '../access/decide-access.js';
import type { Decision } from '../access/decision.js';
import { showingInFull } from '../access/fields.js';
import { guardedRows, type GuardedRows } from '../access/guarded-rows.js';
import { decryptedRow } from '../access/protected-values.js';
import { anyMatchesSql } from '../access/access-sql.js';
import { STAMP } from '../access/policy-cache.js';
import { Slot } from '../access/slots.js';
import type { LetheError } from '../core/errors.js';
import type { MapTable } from '../datamap/graph.js';
import type { Row } from '../db/database.js';
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

/**
 * Reads the content of a file of a ticket: for whom the policies show its column in full, and with it everything it is part of.
 * @param ref `attachment/5`, `recording/3`
 * @throws LetheError `access_denied` (also where there is no such file), `input_invalid`, and as Encryption.decrypt
 */
export async function readContent(
  context: TicketContext,
  call: Call,
  ref: string,
  part: 'attachment' | 'recording',
): Promise<Content> {
  const named = deskRecord(context.graph, ref, [part]);
  const outcome = await asking(context, call, (asked) => askContent(asked, named, ref));
  if ('refusal' in outcome) throw await outcome.refusal();
  const { table, decision } = outcome;
  const { content } = await decryptedRow(context.encryption, table, named.key, outcome.content);
  const policies = decision.policies.map(({ version }) => version);
  const subject = { deed: 'read', ...named } as const;
  await context.log.append([entryOf(call, subject, 'allow', policies, decision.reason)]);
  return { content, mediaType: outcome.mediaType };
}

type Outcome =
  | {
      readonly table: MapTable;
      /** As it is stored. */
      readonly content: { readonly content: Uint8Array };
      readonly mediaType: string;
      readonly decision: Decision;
    }
  | { readonly refusal: () => Promise<LetheError> };

interface ContentRow extends Row {
  readonly stamp: string;
  readonly shown: readonly unknown[] | null;
  readonly content: Uint8Array | null;
  readonly media_type: string | null;
}

async function askContent(asked: Asked, named: DeskRecord, ref: string): Promise<Answer<Outcome>> {
  const { db } = asked.context;
  const found = candidatesOf(asked, named.record);
  const refusal = (): Promise<LetheError> => refused(asked, { deed: 'read', ...named }, ref, found.file);
  if (!('within' in found)) return { stamp: await stampNow(db), result: { refusal } };
  const compiled = compiledFor(asked, `content ${named.record}`, () => contentStatement(asked, found));
  const { rows } = await db.query<ContentRow>(filledFor(compiled.statement, asked, { key: named.key }));
  const { stamp = '', shown = null, content = null, media_type: mediaType = null } = rows[0] ?? {};
  const decision = shown && compiled.rows.shown(named.key, shown)?.decision;
  const granted = decision && content && mediaType !== null;
  const { table } = found.file;
  return { stamp, result: granted ? { table, content: { content }, mediaType, decision } : { refusal } };
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
      select this.*, ${rows.verdict} as shown, ${inFull} as in_full
      from ${raw(file.table.sql)} this ${rows.lateral}
      where this.id = ${new Slot('key')}::bigint and not ${rows.hidden}),
    permitted as (select * from file where ${join([sql`in_full`, ...around], ' and ')})
    select ${STAMP} as stamp, (select shown from permitted) as shown, (select content from permitted) as content,
      (select media_type from permitted) as media_type`;
  return { rows, statement };
}
