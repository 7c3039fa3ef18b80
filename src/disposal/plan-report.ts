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
  /** The statement that selects the items, and those that would remove them. */
  readonly sql: { readonly select: string; readonly act: readonly string[] };
}
