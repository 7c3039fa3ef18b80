/** What the second list has that the first has not. */
export const added = <T>(before: readonly T[], after: readonly T[]): readonly T[] =>
  after.filter((one) => !before.includes(one));

/** One reason that names what was added; none where nothing was. */
export function reasonFor(
  before: readonly string[],
  after: readonly string[],
  words: (names: string) => string,
): readonly string[] {
  const news = added(before, after);
  return news.length === 0 ? [] : [words(news.join(', '))];
}

/** A reason where something holds. */
export const when = (isSo: boolean, reason: string): readonly string[] => (isSo ? [reason] : []);
