/** How many names a message lists before it counts the others. */
const LISTED = 6;

/** `a, b and 7 more` */
export const listed = (names: readonly string[]): string =>
  names.length <= LISTED + 1
    ? names.join(', ')
    : `${names.slice(0, LISTED).join(', ')} and ${names.length - LISTED} more`;
