import type { ActivityPolicy } from '../policy/activity-policy.js';
import { isConsent, type SpecialGround } from '../policy/legal-bases.js';
import type { PoliciesByKind } from '../policy/policy.js';
import type { Purpose } from '../policy/purposes.js';

/** What permits processing a record for a purpose at all, before any access policy is asked. */
export interface LegalGround {
  /** Ids of the activities in force that have the purpose and are about the record. */
  readonly activities: readonly string[];
  /** The data subject must have consented to the purpose (GDPR Art. 6(1)(a)). */
  readonly needsConsent: boolean;
  /** Grounds of Art. 9(2); none: no special category is processed for the purpose. */
  readonly specialGrounds: readonly SpecialGround[];
}

/** Null: no activity in force has the purpose for this record, so it is nobody's to process. */
export function legalGround(
  { activity }: Pick<PoliciesByKind, 'activity'>,
  purpose: Purpose,
  record: string,
): LegalGround | null {
  const aims = activity
    .filter(isAbout(record))
    .flatMap(({ id, entry }) =>
      entry.purposes.filter((aim) => aim.purpose === purpose).map((aim) => ({ id, ...aim })),
    );
  if (aims.length === 0) return null;
  return {
    activities: [...new Set(aims.map(({ id }) => id))],
    // two activities of one purpose: the stricter basis counts for both, or withdrawing would stop nothing
    needsConsent: aims.some(({ basis }) => isConsent(basis)),
    specialGrounds: [...new Set(aims.flatMap(({ specialGround }) => specialGround ?? []))],
  };
}

const isAbout =
  (record: string) =>
  ({ entry }: ActivityPolicy): boolean =>
    entry.records?.includes(record) ?? true;
