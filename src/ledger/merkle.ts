import { createHash } from 'node:crypto';

/*
 * Merkle tree hashes as RFC 6962 (and RFC 9162), section 2.1, has them: a prefix tells leaves from nodes, so that no node can
 * be passed off as an entry, and a tree of n leaves is split at the largest power of two below n.
 */

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export const leafHash = (content: string): Buffer =>
  createHash('sha256').update(LEAF).update(content).digest();

const nodeHash = (left: Buffer, right: Buffer): Buffer =>
  createHash('sha256').update(NODE).update(left).update(right).digest();

/** The root of a tree that is told its leaves one after another, in memory of the order of log n. */
export class MerkleRoot {
  /** Roots of whole subtrees, largest first, each with its number of leaves. */
  private readonly whole: { readonly hash: Buffer; readonly size: number }[] = [];

  add(leaf: Buffer): void {
    let next = { hash: leaf, size: 1 };
    for (let last = this.whole.at(-1); last?.size === next.size; last = this.whole.at(-1)) {
      this.whole.pop();
      next = { hash: nodeHash(last.hash, next.hash), size: last.size + next.size };
    }
    this.whole.push(next);
  }

  /** Lower-case hex. Throws RangeError for an empty tree: no block is empty. */
  hex(): string {
    const [last, ...rest] = this.whole.toReversed();
    if (!last) throw new RangeError('a Merkle tree without leaves');
    return rest.reduce((right, { hash }) => nodeHash(hash, right), last.hash).toString('hex');
  }
}

export function merkleRoot(leaves: readonly Buffer[]): string {
  const root = new MerkleRoot();
  for (const leaf of leaves) root.add(leaf);
  return root.hex();
}

/** The hashes by which the leaf at `index` leads to the root, from the leaf upwards, as lower-case hex. */
export function auditPath(leaves: readonly Buffer[], index: number): readonly string[] {
  if (leaves.length <= 1) return [];
  const split = largestPowerBelow(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...auditPath(left, index), merkleRoot(right)]
    : [...auditPath(right, index - split), merkleRoot(left)];
}

/** The root that this leaf has at this place of a tree of `size` leaves, by its path; null when the path cannot be one. */
export function rootByPath(
  leaf: Buffer,
  index: number,
  size: number,
  path: readonly string[],
): string | null {
  if (!Number.isInteger(index) || index < 0 || index >= size) return null;
  const sides = sidesOf(index, size);
  if (sides.length !== path.length || !path.every((hash) => /^[0-9a-f]{64}$/.test(hash))) return null;
  return sides
    .reduce((hash, side, at) => {
      const sibling = Buffer.from(path[at] ?? '', 'hex');
      return side === 'left' ? nodeHash(hash, sibling) : nodeHash(sibling, hash);
    }, leaf)
    .toString('hex');
}

/** On which side the leaf lies at each level, from the leaf upwards. */
function sidesOf(index: number, size: number): readonly ('left' | 'right')[] {
  if (size <= 1) return [];
  const split = largestPowerBelow(size);
  return index < split
    ? [...sidesOf(index, split), 'left']
    : [...sidesOf(index - split, size - split), 'right'];
}

const largestPowerBelow = (size: number): number => 2 ** Math.floor(Math.log2(size - 1));
