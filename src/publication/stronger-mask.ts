import type { Mask } from '../policy/access-schema.js';

/** Does the second mask show no more than the first of any value? Of two that show different parts, neither does. */
export const showsNoMore = (before: Mask | undefined, after: Mask | undefined): boolean =>
  before === undefined || after === 'hidden' || after === before;
