import type { Catalogue } from './catalogue.js';
import { edgeName, error, hint, warning, type Finding } from './finding.js';
import { isAgainstEdge, isOnEdge, type ServerForeignKey } from './foreign-keys.js';
import type { MapGraph, MapTable } from './graph.js';
import type { Losses } from './losses.js';

/** Foreign keys onto tables that lose rows: what the server would refuse, or do by itself and in silence. */
export function checkForeignKeys(graph: MapGraph, catalogue: Catalogue, losses: Losses): readonly Finding[] {
  const losing = new Map([...losses.tables].map((table) => [table.sql, table]));
  return catalogue.foreignKeys.flatMap((key) => {
    const parent = losing.get(key.parent);
    if (!parent) return [];
    const child = [...graph.tables.values()].find(({ sql }) => sql === key.child);
    return child ? mappedChild(graph, key, child, parent, catalogue) : [unmappedChild(key, parent)];
  });
}

const describe = ({ name, child, childColumns }: ServerForeignKey, parent: MapTable): string =>
  `foreign key "${name}" (${child}.${childColumns.join(', ')} → ${parent.id})`;

/** What the server does by itself when a parent row goes. */
const byItself = ({ onDelete }: ServerForeignKey): string =>
  onDelete === 'cascade' ? 'deletes the referring rows' : 'empties the reference';

function unmappedChild(key: ServerForeignKey, parent: MapTable): Finding {
  const thing = `tables.${parent.id}`;
  const what = describe(key, parent);
  return key.onDelete === 'refuse'
    ? error(
        'foreign_key_unmapped',
        thing,
        `${what}: ${key.child} is not mapped, so its rows will make the server refuse deletes`,
      )
    : warning(
        'foreign_key_unmapped',
        thing,
        `${what}: the server ${byItself(key)} in ${key.child}, which is not mapped: nothing counts or proves that`,
      );
}

function mappedChild(
  graph: MapGraph,
  key: ServerForeignKey,
  child: MapTable,
  parent: MapTable,
  catalogue: Catalogue,
): readonly Finding[] {
  const edges = graph.edges.filter((edge) => isOnEdge(key, edge));
  const taking = edges.filter(({ then }) => then !== 'keep');
  if (taking.some(({ where }) => where.length === 0)) return [];
  const what = describe(key, parent);
  const thing = `tables.${child.id}`;
  if (taking.length > 0)
    return [
      warning(
        'foreign_key_partly',
        thing,
        `${what}: its edges have conditions; rows outside them will make the server ${key.onDelete === 'refuse' ? 'refuse deletes' : 'act by itself'}`,
      ),
    ];
  const [kept] = edges;
  if (kept) return [keptChild(key, edgeName(kept), what)];
  if (goesWithLast(graph, key, catalogue)) return [];
  return key.onDelete === 'refuse'
    ? [
        error(
          'foreign_key_without_edge',
          thing,
          `${what}: no edge says what becomes of these rows, so the server will refuse deletes`,
        ),
      ]
    : [
        warning(
          'foreign_key_without_edge',
          thing,
          `${what}: no edge; the server ${byItself(key)}, and nothing counts or proves that`,
        ),
      ];
}

/**
 * The parent of an edge holds the reference to its child, a content that several files share: the child goes when no
 * referring row stays, because it goes with the last of them, or because there can be only one.
 */
function goesWithLast(graph: MapGraph, key: ServerForeignKey, { tables }: Catalogue): boolean {
  const taking = graph.edges.filter(({ child, then }) => child.sql === key.parent && then === 'delete');
  const unique = tables
    .get(key.child)
    ?.uniqueKeys.some((columns) => columns.every((column) => key.childColumns.includes(column)));
  return (
    taking.some((edge) => isAgainstEdge(key, edge)) &&
    taking.every(
      (edge) => edge.then === 'delete' && (edge.lastParent || (unique === true && isAgainstEdge(key, edge))),
    )
  );
}

function keptChild(key: ServerForeignKey, thing: string, what: string): Finding {
  if (key.onDelete === 'refuse')
    return hint(
      'kept_by_foreign_key',
      thing,
      `${what}: kept rows make the server refuse their parent's deletion; rules must ask for parents without any`,
    );
  return key.onDelete === 'cascade'
    ? error(
        'kept_but_cascades',
        thing,
        `${what}: the edge keeps these rows, but the server deletes them with their parent`,
      )
    : warning(
        'kept_but_emptied',
        thing,
        `${what}: the edge keeps these rows, and the server ${byItself(key)}`,
      );
}
