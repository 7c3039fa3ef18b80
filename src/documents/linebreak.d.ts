/** The part of `linebreak` (UAX #14) that is used here; the package has no types of its own. */
declare module 'linebreak' {
  const LineBreaker: new (text: string) => {
    /** The next place where a line may (or, if required, must) end; null at the end. */
    nextBreak(): { readonly position: number; readonly required: boolean } | null;
  };
  export = LineBreaker;
}
