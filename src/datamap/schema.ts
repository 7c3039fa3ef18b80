import { z } from 'zod';

/**
 * The data map as a file: where a ticket system keeps what, written once by an engineer. It is trusted like DDL: its SQL
 * pieces run with the rights of Lethe's database user. `policies/data-maps/README.md` explains every key.
 */

/** Ids of tables and columns are the map's own names and never change; SQL names may differ and may change. */
const id = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, 'must be letters, digits, "_" or "-", not starting with a digit');
const reason = z.string().min(3, 'give the reason in a few words');
/** JSON has no line breaks in strings: a long piece is a list of its lines. */
const sqlPiece = z
  .union([z.string().min(1), z.array(z.string()).min(1)], {
    error: 'must be SQL: a string, or a list of strings (its lines)',
  })
  .transform((piece) => (typeof piece === 'string' ? piece : piece.join('\n')));
const constant = z.union([z.string(), z.number(), z.boolean()]);

export const COLUMN_TYPES = [
  'int',
  'bigint',
  'numeric',
  'float',
  'boolean',
  'text',
  'char',
  'enum',
  'uuid',
  'date',
  'timestamp',
  'timestamptz',
  'bytes',
  'json',
  'text[]',
  'bigint[]',
  'tsvector',
  'other',
] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

const KEY_TYPES = ['int', 'bigint', 'uuid', 'text', 'char'] as const;
export type KeyType = (typeof KEY_TYPES)[number];

/** How stored bytes become text: steps in order, fixed, or chosen by another column of the row (null there counts as ""). */
const decodeStep = z.enum(['quoted-printable', 'base64', 'encoded-words', 'zlib', 'gzip', 'json', 'yaml']);
const decode = z.union([z.array(decodeStep), z.object({ by: id }).catchall(z.array(decodeStep))]);
const media = z.union([z.string(), z.object({ by: id }).catchall(z.array(z.string()))]);

const column = z.strictObject({
  column: z.string().optional().describe('SQL name; default: the id'),
  type: z.enum(COLUMN_TYPES),
  zone: z.string().optional().describe('time zone of a timestamp or date column'),
  unset: z.array(z.string()).optional().describe('values that mean "not set", as the column prints them'),
  fold: z
    .literal('ascii')
    .optional()
    .describe('compare without regard to ASCII case (citext, case-insensitive collations)'),
  category: z.string().optional().describe('data category (fideslang), for example user.contact.email'),
  freeText: z.boolean().optional(),
  length: z.int().positive().optional(),
  decode: decode.optional(),
  charset: z.array(z.string()).optional(),
  media: media.optional(),
  editable: z.literal(false).optional().describe('searched and removed whole, never edited'),
  unique: z.enum(['exact', 'ignoringCase']).optional().describe('a replacement must stay unique'),
  reason: reason.optional().describe('why this column carries no personal data'),
});

const factType = z.enum(['text', 'number', 'boolean', 'instant', 'uuid', 'text[]', 'number[]']);
export type FactType = z.infer<typeof factType>;

const fact = z.union([
  z.strictObject({ column: id, description: z.string().optional() }),
  z.strictObject({ type: factType, sql: sqlPiece, description: z.string().optional() }),
]);

const table = z.strictObject({
  table: z
    .string()
    .optional()
    .describe("SQL name, schema.table or table; default: the id in the map's schema"),
  key: z
    .record(id, z.enum(KEY_TYPES))
    .optional()
    .describe("key columns; a table that is nobody's parent needs none"),
  concept: id.optional().describe('the record name policies use: ticket, message, attachment, customer …'),
  record: sqlPiece.optional().describe('which rows are records a policy may select; `this` is the row'),
  columns: z.record(id, column).optional(),
  ignoredColumns: z.record(z.string(), reason).optional(),
  otherColumns: reason
    .optional()
    .describe('the answer for every column not named: why they carry no personal data'),
  facts: z.record(id, fact).optional(),
  discriminator: z.strictObject({ column: id, ignored: z.record(z.string(), reason).optional() }).optional(),
  forbids: z
    .strictObject({ delete: reason.optional() })
    .optional()
    .describe('actions this table refuses, and why'),
  protected: z
    .strictObject({
      columns: z.array(id).min(1),
      owners: z
        .array(
          z.strictObject({
            record: id.describe('the record name of whose key it is: customer, ticket'),
            sql: sqlPiece.describe("that record's key, over `this`; null: the next owner's"),
          }),
        )
        .min(1),
    })
    .optional()
    .describe('columns that are stored encrypted where keys are configured, and under whose key'),
  partition: z
    .strictObject({ by: id.describe('the column of its partition key') })
    .optional()
    .describe('range-partitioned: a partition whose rows all go is dropped as a whole'),
});

/** `{"column": constant | [constants] | null | {"sql": "one value"} | {"in": "select …"}}`, all of them required. */
const whereValue = z.union([
  constant,
  z.array(constant).min(1),
  z.null(),
  z.strictObject({ sql: sqlPiece }),
  z.strictObject({ in: sqlPiece }),
]);
const where = z.record(id, whereValue);
export type WhereValue = z.infer<typeof whereValue>;

/** `child column: parent column`, or a parent expression over `parent` (a cast belongs on this side only). */
const on = z
  .record(id, z.union([id, z.strictObject({ sql: sqlPiece })]))
  .refine((value) => Object.keys(value).length > 0, 'name at least one child column');

const via = z.array(z.strictObject({ table: id, where: where.optional(), child: id, parent: id })).min(1);

const edgeShape = {
  child: id,
  parent: id,
  on,
  where: where.optional(),
  via: via.optional(),
};

const edge = z.discriminatedUnion('then', [
  z.strictObject({
    ...edgeShape,
    then: z.literal('delete'),
    lastParent: z.literal(true).optional().describe('the child goes only with its last owner'),
  }),
  z.strictObject({
    ...edgeShape,
    then: z.literal('clear'),
    set: z
      .record(id, z.union([constant, z.null()]))
      .optional()
      .describe("default: the edge's columns become null"),
  }),
  z.strictObject({ ...edgeShape, then: z.literal('keep'), reason }),
]);

const derived = z.strictObject({
  when: id.describe('the table whose deleted rows change derived data'),
  collect: sqlPiece.describe("one SELECT; runs before the deletes; `gone` holds the deleted rows' keys"),
  run: sqlPiece.describe('one UPDATE, INSERT or DELETE; runs last; `collected` holds what collect found'),
});

const subject = z.strictObject({
  record: id.describe('the table whose rows are the people'),
  key: id,
  identifiers: z
    .array(
      z.strictObject({
        kind: id,
        table: id,
        column: id,
        where: where.optional(),
        owner: id
          .optional()
          .describe("the column that holds the person's key, where the identifier is in another table"),
      }),
    )
    .optional(),
  edges: z
    .array(z.strictObject({ as: id, child: id, on, where: where.optional(), via: via.optional() }))
    .describe('what belongs to the person: child rows and in which role'),
});

export const dataMapSchema = z.strictObject({
  $schema: z.string().optional(),
  kind: z.literal('data-map'),
  id,
  title: z.string().optional(),
  schema: z.string().optional().describe('SQL schema of tables that name none; default public'),
  enforces: z
    .array(z.enum(['read', 'write', 'list']))
    .describe('what Lethe controls itself; [] beside a foreign system'),
  parameters: z
    .record(
      id,
      z.strictObject({
        type: z.enum(['text', 'int']),
        description: z.string().optional(),
        check: sqlPiece.optional().describe('one SELECT of one boolean: does this value fit the database?'),
      }),
    )
    .optional(),
  everyTable: z
    .strictObject({
      columns: z.record(z.string(), column).optional(),
      ignoredColumns: z.record(z.string(), reason).optional(),
    })
    .optional()
    .describe('one answer for a column name in every table that has it'),
  tables: z.record(id, table),
  ignoredTables: z
    .record(z.string(), reason)
    .optional()
    .describe('SQL names of tables left out, with the reason'),
  edges: z.array(edge),
  derived: z.array(derived).optional(),
  subject: subject.optional(),
});

export type DataMapFile = z.infer<typeof dataMapSchema>;
export type TableEntry = z.infer<typeof table>;
export type ColumnEntry = z.infer<typeof column>;
export type EdgeEntry = z.infer<typeof edge>;
export type ViaEntry = z.infer<typeof via>[number];
