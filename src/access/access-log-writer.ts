import type { Clock } from '../core/clock.js';
import type { Instant } from '../core/instant.js';
import type { Database, Tx } from '../db/database.js';
import { insertEntries } from './access-log-insert.js';
import type { AccessEntry, AccessLog } from './access-log.js';

/** Entries of one insert; a caller's own stay together. */
const GROUP = 500;

/** What one caller asked to have recorded, and waits for. */
interface Waiting {
  readonly entries: readonly (AccessEntry & { readonly at: Instant })[];
  readonly written: () => void;
  readonly failed: (reason: unknown) => void;
}

/** The access log of one process. `at` of every entry is when it came here, by the clock. */
export const openAccessLog = (db: Database, clock: Clock, group = GROUP): AccessLog =>
  new GroupedLog(db, clock, group);

/**
 * One insert is under way at a time, and the next takes all that came meanwhile: a caller waits for two commits at most, and
 * many callers share one. When an insert fails, every caller of it is told: none may show what is not recorded.
 */
class GroupedLog implements AccessLog {
  private waiting: Waiting[] = [];
  private writing: Promise<void> | null = null;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly group: number,
  ) {}

  append(entries: readonly AccessEntry[]): Promise<void> {
    if (entries.length === 0) return Promise.resolve();
    return new Promise((written, failed) => {
      this.waiting.push({ entries: this.dated(entries), written, failed });
      this.writing ??= this.writeAll();
    });
  }

  async appendIn(tx: Tx, entries: readonly AccessEntry[]): Promise<void> {
    if (entries.length > 0) await insertEntries(tx, this.dated(entries));
  }

  async close(): Promise<void> {
    while (this.writing) await this.writing;
  }

  private dated(entries: readonly AccessEntry[]): Waiting['entries'] {
    const at = this.clock.now();
    return entries.map((entry) => ({ ...entry, at }));
  }

  private async writeAll(): Promise<void> {
    await Promise.resolve(); // callers of the same turn of the event loop go together
    while (this.waiting.length > 0) await this.write(this.nextGroup());
    this.writing = null;
  }

  private nextGroup(): readonly Waiting[] {
    let [callers, entries] = [0, 0];
    for (const { entries: own } of this.waiting) {
      if (callers > 0 && entries + own.length > this.group) break;
      callers += 1;
      entries += own.length;
    }
    return this.waiting.splice(0, callers);
  }

  private async write(callers: readonly Waiting[]): Promise<void> {
    try {
      await insertEntries(
        this.db,
        callers.flatMap(({ entries }) => entries),
      );
      for (const { written } of callers) written();
    } catch (reason) {
      for (const { failed } of callers) failed(reason);
    }
  }
}
