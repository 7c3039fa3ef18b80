import pg from 'pg';

export { default as sql, empty, join, raw, Sql } from 'sql-template-tag';

/** Quotes a name from the validated map for use as SQL identifier. */
export const identifier = (name: string): string => pg.escapeIdentifier(name);

/** Quotes a constant for use where no parameters can be bound (multi-statement texts, plans shown to people). */
export const literal = (value: string): string => pg.escapeLiteral(value).trimStart();
