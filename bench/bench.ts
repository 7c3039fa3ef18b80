/** What a benchmark is asked for. */
export interface BenchOptions {
  /** A few thousand rows: shows that it works, says nothing about speed. */
  readonly small: boolean;
  /** Pairs of runs; the median counts. */
  readonly runs: number;
  /** Prints a line of the story. */
  readonly say: (line: string) => void;
}

/** What a benchmark prints last, as one line of JSON. */
export interface Verdict {
  readonly bench: string;
  /** Null when it could not be measured here. */
  readonly ratio: number | null;
  readonly bound: string;
  readonly dataset: string;
  readonly runs: number;
  readonly [figure: string]: number | string | null;
}

export type Bench = (options: BenchOptions) => Promise<Verdict>;

/** Runs both by turns, so that whatever else the machine does strikes both; returns the medians of their seconds. */
export async function byTurns(
  { runs, say }: BenchOptions,
  first: { readonly name: string; readonly run: () => Promise<number> },
  second: { readonly name: string; readonly run: () => Promise<number> },
): Promise<readonly [number, number]> {
  const times: [number[], number[]] = [[], []];
  for (let turn = 1; turn <= runs; turn += 1) {
    const one = await first.run();
    const other = await second.run();
    times[0].push(one);
    times[1].push(other);
    say(`  run ${turn}: ${first.name} ${one.toFixed(2)} s, ${second.name} ${other.toFixed(2)} s`);
  }
  return [median(times[0]), median(times[1])];
}

/** Seconds that `work` takes. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = NaN, high = NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

export const rounded = (value: number): number => Math.round(value * 1000) / 1000;
