import type { Row, Tx } from '../db/database.js';
import { raw, sql } from '../db/sql.js';
import { edgeName, error, warning, type Finding } from './finding.js';
import type { EdgeLink, MapGraph, WhereCondition } from './graph.js';
import { failureOf } from './probe.js';

const MORE_THAN_ONE_ROW = '21000';

interface Place {
  readonly thing: string;
  /** The SQL of the value. */
  readonly value: string;
}

/** Values of `where` that the database looks up: a mistyped name in one finds nothing, and says nothing. */
export async function checkConstants(tx: Tx, graph: MapGraph): Promise<readonly Finding[]> {
  const places = [
    ...graph.edges.flatMap((edge) => placesOf(edgeName(edge), edge)),
    ...(graph.subject?.edges ?? []).flatMap((edge) => placesOf(edgeName(edge, 'subject.edges'), edge)),
    ...(graph.subject?.identifiers ?? []).flatMap(({ where }, index) =>
      valuesOf(`subject.identifiers[${index}].where`, where),
    ),
  ];
  const gives = new Map<string, Outcome>();
  const findings: Finding[] = [];
  for (const { thing, value } of places) {
    const outcome = gives.get(value) ?? (await outcomeOf(tx, value));
    gives.set(value, outcome);
    if (outcome === 'nothing')
      findings.push(warning('value_missing', thing, `gives no value: ${taker(thing)} takes nothing`));
    if (outcome === 'several')
      findings.push(error('value_not_single', thing, 'gives more than one row; see "in", or ask for one'));
  }
  return findings;
}

const taker = (thing: string): string => (thing.includes('edges[') ? 'the edge' : 'the identifier');

const placesOf = (
  name: string,
  { where, via }: { readonly where: readonly WhereCondition[]; readonly via: readonly EdgeLink[] },
): readonly Place[] => [
  ...valuesOf(`${name}.where`, where),
  ...via.flatMap((link, index) => valuesOf(`${name}.via[${index}].where`, link.where)),
];

const valuesOf = (path: string, where: readonly WhereCondition[]): readonly Place[] =>
  where.flatMap(({ column, value }) =>
    typeof value === 'object' && value !== null && 'sql' in value
      ? [{ thing: `${path}.${column}`, value: value.sql }]
      : [],
  );

type Outcome = 'one' | 'nothing' | 'several';

async function outcomeOf(tx: Tx, value: string): Promise<Outcome> {
  const query = `select (${value}) is null as missing`;
  const failure = await failureOf(tx, query);
  if (failure) return failure.details['sqlstate'] === MORE_THAN_ONE_ROW ? 'several' : 'one';
  const { rows } = await tx.query<Row & { missing: boolean }>(sql`${raw(query)}`);
  return rows[0]?.missing === true ? 'nothing' : 'one';
}
