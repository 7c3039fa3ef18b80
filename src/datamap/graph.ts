import type { ColumnType, DataMapFile, FactType, KeyType, WhereValue } from './schema.js';

/** The compiled map: frozen, names resolved, SQL quoted, parameters bound. Built by compile.ts alone. */
export interface MapGraph {
  readonly id: string;
  readonly file: DataMapFile;
  /** Map and parameter values as canonical JSON, and its SHA-256: another digest is another map. */
  readonly text: string;
  readonly digest: string;
  readonly tables: ReadonlyMap<string, MapTable>;
  /** Tables by the record name policies use. */
  readonly records: ReadonlyMap<string, MapTable>;
  readonly edges: readonly MapEdge[];
  readonly derived: readonly DerivedData[];
  readonly subject: MapSubject | null;
  readonly parameterChecks: readonly ParameterCheck[];
}

export interface MapTable {
  readonly id: string;
  readonly schema: string;
  readonly name: string;
  /** Quoted, for FROM. */
  readonly sql: string;
  readonly key: readonly KeyColumn[];
  /** The record name, where policies may name the table's rows. */
  readonly concept: string | null;
  /** Predicate over `this`: which rows are records. */
  readonly record: string;
  readonly columns: ReadonlyMap<string, MapColumn>;
  readonly facts: ReadonlyMap<string, MapFact>;
  readonly discriminator: { readonly column: string; readonly ignored: readonly string[] } | null;
  readonly forbidsDelete: string | null;
  /** SQL name of the column by whose ranges the table is partitioned; null: rows go one by one, however it is stored. */
  readonly partitionedBy: string | null;
  /** What of it is stored encrypted where keys are configured; null: nothing. */
  readonly protected: ProtectedColumns | null;
}

export interface ProtectedColumns {
  readonly columns: readonly MapColumn[];
  /** Whose key each row's columns are under: the first that names one. */
  readonly owners: readonly KeyOwner[];
}

export interface KeyOwner {
  /** A record name: `customer`, `ticket`. */
  readonly record: string;
  /** Its key, over `this`. */
  readonly keySql: string;
}

export interface KeyColumn {
  readonly name: string;
  readonly sql: string;
  readonly type: KeyType;
}

export interface MapColumn {
  readonly id: string;
  readonly name: string;
  readonly sql: string;
  readonly type: ColumnType;
  readonly zone: string;
  readonly unset: readonly string[];
  readonly foldsCase: boolean;
  readonly category: string | null;
  /** Stored encrypted where keys are configured: no fact, filter or order goes by it. */
  readonly isProtected: boolean;
}

export interface MapFact {
  readonly name: string;
  readonly type: FactType;
  /** A mapped column, read with its type's rules … */
  readonly column: MapColumn | null;
  /** … or an expression over `this`. */
  readonly expression: string;
  readonly category: string | null;
}

/** `child.<column>` must equal the expression over `parent`. */
export interface EdgeMatch {
  readonly childColumn: string;
  readonly parentSql: string;
}

export interface EdgeLink {
  readonly table: string;
  readonly where: readonly WhereCondition[];
  readonly childColumn: string;
  readonly parentColumn: string;
}

export interface WhereCondition {
  readonly column: string;
  readonly value: WhereValue;
}

interface EdgeShape {
  /** Place in the map's list: names the edge in messages and in the sweep. */
  readonly index: number;
  readonly child: MapTable;
  readonly parent: MapTable;
  readonly on: readonly EdgeMatch[];
  readonly where: readonly WhereCondition[];
  readonly via: readonly EdgeLink[];
  /** Columns of the parent the edge reads: they are kept while the parent row goes. */
  readonly parentColumns: readonly string[];
}

export interface DeleteEdge extends EdgeShape {
  readonly then: 'delete';
  readonly lastParent: boolean;
}
export interface ClearEdge extends EdgeShape {
  readonly then: 'clear';
  readonly set: readonly { readonly column: string; readonly value: string | null }[];
}
export interface KeepEdge extends EdgeShape {
  readonly then: 'keep';
  readonly reason: string;
}
export type MapEdge = DeleteEdge | ClearEdge | KeepEdge;

export interface DerivedData {
  readonly when: MapTable;
  readonly collect: string;
  readonly run: string;
}

export interface SubjectEdge extends EdgeShape {
  readonly role: string;
}

/** A column whose values name a person: e-mail address, customer number … */
export interface SubjectIdentifier {
  readonly kind: string;
  readonly table: MapTable;
  /** SQL name. */
  readonly column: string;
  readonly where: readonly WhereCondition[];
  /** SQL name of the column that holds the person's key; null: the table is the people's own. */
  readonly owner: string | null;
}

export interface MapSubject {
  readonly table: MapTable;
  readonly identifiers: readonly SubjectIdentifier[];
  readonly edges: readonly SubjectEdge[];
}

export interface ParameterCheck {
  readonly parameter: string;
  readonly sql: string;
}

/** Where Lethe's own tables are. */
export const OWN_SCHEMA = 'lethe';
export const isOwnTable = ({ schema }: Pick<MapTable, 'schema'>): boolean => schema === OWN_SCHEMA;

/**
 * `schema.table` of every table of the ticket system: what the database port guards. Lethe's stores write their own tables;
 * that rows there are destroyed by a disposal alone, the port knows without a map.
 */
export const guardedTables = (graph: MapGraph): readonly string[] =>
  [...graph.tables.values()]
    .filter((table) => !isOwnTable(table))
    .map(({ schema, name }) => `${schema}.${name}`);
