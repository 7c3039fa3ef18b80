import { SingleBar } from 'cli-progress';

const MS = 1000;

/** Of how many, and how many are done; the database counts in text. */
export interface BarProgress {
  readonly items: number | string;
  readonly done: number | string;
}

/** A bar with rate and time left on a terminal; nothing elsewhere. */
export function progressBar(
  isJson: boolean,
  noun = 'records',
): {
  readonly update: (progress: BarProgress) => void;
  readonly stop: () => void;
} {
  if (isJson || !process.stdout.isTTY) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    format: `{bar} {percentage} %  {value} of {total} ${noun}  {rate} a second  {left} left`,
    hideCursor: true,
    clearOnComplete: true,
  });
  const began = Date.now();
  let first: number | null = null;
  return {
    update: ({ items, done }) => {
      const [total, value] = [Number(items), Number(done)];
      if (first === null) bar.start(total, (first = value), { rate: '…', left: '…' });
      const rate = ((value - first) * MS) / Math.max(1, Date.now() - began);
      bar.update(value, { rate: Math.round(rate), left: rate > 0 ? duration((total - value) / rate) : '…' });
    },
    stop: () => {
      bar.stop();
    },
  };
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.ceil(seconds)} s`;
}
