/** Keeps a number of rows a second on average, counted from the beginning of each batch. Milliseconds of any steady clock. */
export class Pace {
  private began = 0;
  private free = 0;

  constructor(private readonly rowsPerSecond: number) {}

  /** A batch begins. */
  begin(now: number): void {
    this.began = now;
  }

  /**
   * Rows that it deleted. Time that nobody used is not saved up: a burst after a pause is what the brake is there to prevent.
   */
  spent(rows: number): void {
    this.free = Math.max(this.free, this.began) + (rows * 1000) / this.rowsPerSecond;
  }

  /** How long until the next batch may begin. */
  wait(now: number): number {
    return Math.max(0, Math.ceil(this.free - now));
  }
}
