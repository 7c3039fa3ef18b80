import { SingleBar } from 'cli-progress';
import type { Progress } from '../disposal/chunk-store.js';

const MS = 1000;

/** A bar with rate and time left on a terminal; nothing elsewhere. */
export function progressBar(isJson: boolean): {
  readonly update: (progress: Progress) => void;
  readonly stop: () => void;
} {
  if (isJson || !process.stdout.isTTY) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    format: '{bar} {percentage} %  {value} of {total} records  {rate} a second  {left} left',
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
