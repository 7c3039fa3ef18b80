import type { Catalogue } from './catalogue.js';
import { edgeName, error, type Finding } from './finding.js';
import { isGuarded } from './foreign-keys.js';
import type { MapEdge, MapGraph } from './graph.js';

/** Edges onto a polymorphic table that do not say on what their rows hang: number 77 of every kind would go. */
export const checkEdgeKinds = (graph: MapGraph, catalogue: Catalogue): readonly Finding[] =>
  graph.edges
    .filter((edge) => edge.then !== 'keep' && takesEveryKind(graph, edge, catalogue))
    .map((edge) =>
      error(
        'edge_of_every_kind',
        edgeName(edge),
        `takes rows of every kind; name the kind in "where" ("${edge.child.discriminator?.column ?? ''}")`,
      ),
    );

function takesEveryKind(graph: MapGraph, edge: MapEdge, catalogue: Catalogue): boolean {
  const { child } = edge;
  if (!child.discriminator || namesKind(edge)) return false;
  const columns = matched(edge);
  const unique = catalogue.tables
    .get(child.sql)
    ?.uniqueKeys.some((key) => key.every((column) => columns.includes(column)));
  // a column with a foreign key refers to one table alone
  return unique !== true && !isGuarded(edge, catalogue.foreignKeys) && !isOtherReference(graph, edge);
}

/** A reference of its own, with a condition of its own: a link in the new value of an event, say. */
function isOtherReference({ edges }: MapGraph, edge: MapEdge): boolean {
  const polymorphic = edges
    .filter((other) => other.child === edge.child && namesKind(other))
    .flatMap(matched);
  return (
    edge.where.length > 0 &&
    polymorphic.length > 0 &&
    !matched(edge).some((column) => polymorphic.includes(column))
  );
}

const namesKind = (edge: MapEdge): boolean => {
  const column = edge.child.discriminator?.column ?? '';
  return edge.where.some((condition) => condition.column === column) || matched(edge).includes(column);
};

const matched = ({ on }: MapEdge): readonly string[] => on.map(({ childColumn }) => childColumn);
