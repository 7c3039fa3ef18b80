/** A partition of which the plan takes every row: an apply drops it, if that is still so. */
export interface PlannedPartition {
  /** `schema.table`, as the catalogue named it. */
  readonly partition: string;
  readonly records: number;
  /** Its records' chunks, first and last: they hold no others. */
  readonly chunks: readonly [number, number];
}

/** What a plan tells people: counts and reasons, no personal data and no record. */
export interface PlanReport {
  /** Rows that would go, by table of the map. */
  readonly tables: Readonly<Record<string, number>>;
  /** First and last start event among the items, as instants; null without items. */
  readonly oldest: string | null;
  readonly newest: string | null;
  /** Items by month (`2023-04`) of the start event, in the policy's time zone. */
  readonly months: Readonly<Record<string, number>>;
  readonly protected: readonly {
    readonly by: string;
    readonly kind: string;
    readonly ground: string;
    readonly records: number;
  }[];
  /** Records another rule matches too, and neither overrides the other: not taken. */
  readonly conflicts: readonly { readonly rule: string; readonly records: number }[];
  /** Records left to a rule that overrides this one. */
  readonly overridden: readonly { readonly rule: string; readonly records: number }[];
  /** Of a plan that the schedule made: whether it goes on without approval, and why. */
  readonly scheduled?: Scheduled;
  /** Partitions that would go as a whole; absent where there are none. */
  readonly partitions?: readonly PlannedPartition[];
  /** The statement that selects the items, and those that would remove them. */
  readonly sql: { readonly select: string; readonly act: readonly string[] };
}

/** Of a plan that the schedule made: whether it goes on without approval, and why. */
export interface Scheduled {
  readonly byItself: boolean;
  /** In words: counts and ids. */
  readonly because: string;
}
