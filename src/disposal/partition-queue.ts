import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../db/database.js';
import { untouchedPartitions } from './partition-plan.js';
import { dropPartition } from './partition.js';
import type { PartitionOutcome } from './partition-outcome.js';
import type { PlannedPartition } from './plan-report.js';
import type { Run } from './prepared-run.js';

/** A partition that is in use is tried so often before its records go one by one. */
const TRIES = 3;
const PAUSE_MS = 150;

/** What became of one attempt. */
export interface PartitionTold {
  /** `schema.table` */
  readonly partition: string;
  readonly outcome: PartitionOutcome;
}

/** The partitions that a run takes before anything else, in turn; one in use goes to the end of the queue. */
export class PartitionQueue {
  private readonly tries = new Map<PlannedPartition, number>();

  private constructor(
    private readonly db: Database,
    private readonly run: Run,
    private readonly waiting: PlannedPartition[],
  ) {}

  static async open(db: Database, run: Run): Promise<PartitionQueue> {
    const { id, report } = run.plan;
    return new PartitionQueue(db, run, [...(await untouchedPartitions(db, id, report.partitions ?? []))]);
  }

  /** Tries the next one; null when none is left: what still has rows then goes batch by batch. */
  async tryNext(): Promise<PartitionTold | null> {
    const planned = this.waiting.shift();
    if (!planned) return null;
    const outcome = await dropPartition(this.db, this.run, planned);
    if (this.comesAgain(planned, outcome)) {
      this.waiting.push(planned);
      await wait(PAUSE_MS * (1 + Math.random()));
    }
    return { partition: planned.partition, outcome };
  }

  /** Another process is waited for as long as it works on it: its lock ends with it. */
  private comesAgain(planned: PlannedPartition, { kind }: PartitionOutcome): boolean {
    if (kind === 'elsewhere') return true;
    const tries = (this.tries.get(planned) ?? 0) + 1;
    this.tries.set(planned, tries);
    return kind === 'busy' && tries < TRIES;
  }
}
