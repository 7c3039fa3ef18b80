import { MASKS, type Mask } from '../policy/access-schema.js';

export { masked } from '../policy/masks.js';

/** How a value is shown: in full, or by a mask. */
export type Showing = 'shown' | Mask;

/** From what shows most to what shows least, in the order a policy author reads them. */
const ORDER: readonly Showing[] = ['shown', ...MASKS];

/** Where several policies permit a column, the one that shows most counts; null: none permits it. */
export function leastMasked(showings: readonly Showing[]): Showing | null {
  return ORDER.find((showing) => showings.includes(showing)) ?? null;
}
