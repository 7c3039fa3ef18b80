import { identifier, literal } from '../db/sql.js';
import type { EdgeLink, EdgeMatch, MapTable, WhereCondition } from './graph.js';
import type { WhereValue } from './schema.js';

/** What edge SQL needs of an edge: delete, clear and subject edges alike. */
export interface Relation {
  readonly child: MapTable;
  readonly on: readonly EdgeMatch[];
  readonly where: readonly WhereCondition[];
  readonly via: readonly EdgeLink[];
}

/**
 * Predicate over `child`: the row belongs to one of the rows of `parents` (a table or temporary table).
 * The subquery is uncorrelated, so that it runs once; the aliases are ours, so that a mistyped column is an error and not
 * silently the outer query's.
 */
export function belongsTo({ on, where, via }: Relation, parents: string): string {
  const [first] = on;
  if (via.length === 0 || !first) {
    const columns = on.map(({ childColumn }) => `child.${identifier(childColumn)}`).join(', ');
    const expressions = on.map(({ parentSql }) => parentSql).join(', ');
    return `(${tuple(columns, on.length)} in (select ${expressions} from ${parents} parent)${whereSql('child', where)})`;
  }
  const column = `child.${identifier(first.childColumn)}`;
  const reached = `select link1.${identifier(via[0]?.childColumn ?? '')} from ${linkSources(via)}, ${parents} parent where link${via.length}.${identifier(via.at(-1)?.parentColumn ?? '')} = ${first.parentSql}${linkJoins(via)}`;
  return `(${column} in (${reached})${whereSql('child', where)})`;
}

/** The edge as a join of `child` and `parent`: further FROM items (with a leading comma) and the condition. */
export function joined({ on, where, via }: Relation): { readonly links: string; readonly condition: string } {
  const [first] = on;
  const last = via.at(-1);
  const [link] = via;
  if (!first || !link || !last) {
    const match = on.map(({ childColumn, parentSql }) => `child.${identifier(childColumn)} = ${parentSql}`);
    return { links: '', condition: match.join(' and ') + whereSql('child', where) };
  }
  const ends = `link1.${identifier(link.childColumn)} = child.${identifier(first.childColumn)} and link${via.length}.${identifier(last.parentColumn)} = ${first.parentSql}`;
  return { links: `, ${linkSources(via)}`, condition: ends + linkJoins(via) + whereSql('child', where) };
}

const tuple = (columns: string, count: number): string => (count > 1 ? `(${columns})` : columns);

const linkSources = (via: readonly EdgeLink[]): string =>
  via.map(({ table }, index) => `${table} link${index + 1}`).join(', ');

const linkJoins = (via: readonly EdgeLink[]): string =>
  via
    .map((link, index) => {
      const next = via[index + 1];
      const join = next
        ? ` and link${index + 1}.${identifier(link.parentColumn)} = link${index + 2}.${identifier(next.childColumn)}`
        : '';
      return join + whereSql(`link${index + 1}`, link.where);
    })
    .join('');

/** ` and alias."column" = 'constant'` for every condition. */
export function whereSql(alias: string, conditions: readonly WhereCondition[]): string {
  return conditions
    .map(({ column, value }) => ` and ${alias}.${identifier(column)} ${comparison(value)}`)
    .join('');
}

/** ` = 'constant'` and the like: what stands behind a column that must meet a condition. */
export function comparison(value: WhereValue): string {
  if (value === null) return 'is null';
  if (typeof value !== 'object') return `= ${literal(String(value))}`;
  if ('sql' in value) return `= (${value.sql})`;
  if ('in' in value) return `in (${value.in})`;
  return `in (${value.map((one) => literal(String(one))).join(', ')})`;
}
