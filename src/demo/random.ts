/** A stream of numbers from 0 up to 1, the same for the same seed. */
export type Random = () => number;

export type NonEmpty<T> = readonly [T, ...T[]];

/** mulberry32: small and good enough for made-up data, never for anything secret. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A number from `low` up to `high`, not rounded. */
export const between = (random: Random, low: number, high: number): number => low + random() * (high - low);

/** A whole number from `low` to `high`, both included. */
export const wholeBetween = (random: Random, low: number, high: number): number =>
  Math.floor(between(random, low, high + 1));

export const chance = (random: Random, share: number): boolean => random() < share;

export const pick = <T>(random: Random, items: NonEmpty<T>): T =>
  items[Math.floor(random() * items.length)] ?? items[0];

/** Picks by weight: `[['e-mail', 50], ['phone', 15]]`. */
export function pickWeighted<T>(random: Random, items: NonEmpty<readonly [T, number]>): T {
  let rest = random() * items.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [item, weight] of items) {
    rest -= weight;
    if (rest < 0) return item;
  }
  return items[0][0];
}
