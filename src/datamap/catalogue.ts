import type { Queryable, Row } from '../db/database.js';
import { identifier, sql } from '../db/sql.js';
import { readForeignKeys, type ServerForeignKey } from './foreign-keys.js';
import type { MapGraph } from './graph.js';

/** What the connected database has in the map's schemas, as its system catalogue says. */
export interface Catalogue {
  /** By quoted name, as `MapTable.sql`. Partitions of mapped tables are left out: they are their parent's. */
  readonly tables: ReadonlyMap<string, CatalogueTable>;
  readonly foreignKeys: readonly ServerForeignKey[];
  readonly user: string;
  readonly database: string;
  readonly mayMakeTemporaryTables: boolean;
}

export interface CatalogueTable {
  readonly schema: string;
  readonly name: string;
  readonly sql: string;
  readonly kind: 'table' | 'partitioned' | 'view' | 'materialized view' | 'foreign table';
  readonly isPartition: boolean;
  /** Row level security: as it applies to the current user. */
  readonly rowSecurity: 'none' | 'passed over' | 'active';
  /** An estimate. */
  readonly rows: number;
  readonly maySelect: boolean;
  readonly mayUpdate: boolean;
  readonly mayDelete: boolean;
  readonly columns: ReadonlyMap<string, CatalogueColumn>;
  /** Columns of every valid unique index without a condition. */
  readonly uniqueKeys: readonly (readonly string[])[];
  readonly triggers: readonly Trigger[];
}

export interface CatalogueColumn {
  readonly name: string;
  /** PostgreSQL's name of the type (a domain's base): int4, varchar, _text … */
  readonly type: string;
  readonly isEnum: boolean;
  /** Of varchar(n) and char(n). */
  readonly length: number | null;
  readonly nullable: boolean;
  /** Equal text is equal byte for byte. */
  readonly deterministic: boolean;
  readonly mayUpdate: boolean;
}

export interface Trigger {
  readonly name: string;
  /** A function, or what stands for one. */
  readonly calls: string;
  /** The schema of the function; null: there is none. */
  readonly schema: string | null;
  /** Fires when a row is changed or removed, not only when it is made. */
  readonly onChange: boolean;
}

interface TableRow extends Row, Omit<CatalogueTable, 'sql' | 'columns'> {
  readonly columns: readonly CatalogueColumn[];
}

/** Reads the catalogue: a few queries, whatever the number of tables. */
export async function readCatalogue(db: Queryable, graph: MapGraph): Promise<Catalogue> {
  const schemas = [
    ...new Set([graph.file.schema ?? 'public', ...[...graph.tables.values()].map(({ schema }) => schema)]),
  ];
  const { rows } = await db.query<TableRow>(tablesQuery(schemas));
  const tables = rows.map((row): CatalogueTable => ({
    ...row,
    sql: `${identifier(row.schema)}.${identifier(row.name)}`,
    columns: new Map(row.columns.map((column) => [column.name, column])),
  }));
  const { rows: own } = await db.query<Row & { user: string; database: string; temporary: boolean }>(sql`
    select current_user::text as user, current_database()::text as database, has_database_privilege(current_database(), 'TEMPORARY') as temporary`);
  return {
    tables: new Map(tables.map((table) => [table.sql, table])),
    foreignKeys: await readForeignKeys(db),
    user: own[0]?.user ?? '',
    database: own[0]?.database ?? '',
    mayMakeTemporaryTables: own[0]?.temporary ?? false,
  };
}

const tablesQuery = (schemas: readonly string[]) => sql`
  select n.nspname::text as schema, c.relname::text as name, c.relispartition as "isPartition",
    case c.relkind when 'r' then 'table' when 'p' then 'partitioned' when 'v' then 'view'
      when 'm' then 'materialized view' else 'foreign table' end as kind,
    case when not c.relrowsecurity then 'none' when row_security_active(c.oid) then 'active' else 'passed over' end as "rowSecurity",
    -- never analysed: a row takes 100 bytes, say
    (case when c.reltuples < 0 then pg_relation_size(c.oid) / 100 else c.reltuples end)::float8 as rows,
    has_schema_privilege(n.oid, 'USAGE') and has_any_column_privilege(c.oid, 'SELECT') as "maySelect",
    has_any_column_privilege(c.oid, 'UPDATE') as "mayUpdate",
    has_table_privilege(c.oid, 'DELETE') as "mayDelete",
    ${columnsOf()} as columns, ${uniqueKeysOf()} as "uniqueKeys", ${triggersOf()} as triggers
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any(${schemas}::text[]) and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by 1, 2`;

const columnsOf = () => sql`(
  select coalesce(jsonb_agg(jsonb_build_object('name', a.attname, 'type', b.typname, 'isEnum', b.typtype = 'e',
    'length', case when b.typname in ('varchar', 'bpchar') and greatest(a.atttypmod, t.typtypmod) > 4
      then greatest(a.atttypmod, t.typtypmod) - 4 end,
    'nullable', not (a.attnotnull or t.typnotnull),
    'deterministic', coalesce(l.collisdeterministic, true) and b.typname <> 'citext',
    'mayUpdate', has_column_privilege(c.oid, a.attnum, 'UPDATE')) order by a.attnum), '[]')
  from pg_attribute a join pg_type t on t.oid = a.atttypid
  join pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
  left join pg_collation l on l.oid = a.attcollation
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)`;

const uniqueKeysOf = () => sql`(
  select coalesce(jsonb_agg((
    select jsonb_agg(a.attname order by a.attnum) from pg_attribute a
    where a.attrelid = c.oid and a.attnum = any(i.indkey[0:i.indnkeyatts - 1]))), '[]')
  from pg_index i
  where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null)`;

/** Bits of tgtype: 8 DELETE, 16 UPDATE, 32 TRUNCATE. Rules count as triggers. */
const triggersOf = () => sql`(
  select coalesce(jsonb_agg(jsonb_build_object('name', name, 'calls', calls, 'schema', schema, 'onChange', "onChange") order by name), '[]')
  from (
    select t.tgname::text as name, p.proname::text as calls, p.pronamespace::regnamespace::text as schema,
      t.tgtype & 56 <> 0 as "onChange"
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid
    where t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled <> 'D' and p.proname not like 'tsvector_update_trigger%'
    union all
    select r.rulename::text, 'a rule', null, r.ev_type in ('2', '4') from pg_rewrite r
    where r.ev_class = c.oid and r.rulename <> '_RETURN') x)`;
