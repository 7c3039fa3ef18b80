/** Lets callers in one at a time, in the order they came. */
export class Turns {
  private last: Promise<void> = Promise.resolve();

  /** Waits for its turn; the returned function ends it. */
  async take(): Promise<() => void> {
    const before = this.last;
    let end: () => void = () => undefined;
    this.last = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    return end;
  }
}
