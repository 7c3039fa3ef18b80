import { decideEach, type FactValues } from '../policy/predicate.js';
import type { Candidate, Candidates, Denial } from './decide-access.js';
import { decisionFor, denialOf, type Decision } from './decision.js';
import type { WantedTraining } from './training-sql.js';

/** What there is to know about a record, and about who asks for it, to decide without the database. */
export interface KnownRecord {
  /** By fact name, as `factValue` selects them. */
  readonly facts: FactValues;
  /** Its ticket is assigned to who asks. */
  readonly assigned: boolean;
  /** It is about who asks. */
  readonly own: boolean;
  readonly sensitive: boolean;
  readonly quarantined: boolean;
  /** Its data subject consents to the purpose. */
  readonly consented: boolean;
  /** A break-glass grant that covers it; null: none. */
  readonly grant: string | null;
  hasTraining(wanted: WantedTraining): boolean;
}

/**
 * The decision about one record in process: the same as the guarded statement's. Conditions are json-rules-engine's, so this is
 * for single records; rows are decided in SQL.
 */
export async function decideRecord(asked: Candidates | Denial, known: KnownRecord): Promise<Decision> {
  if (asked.kind === 'denial') return denialOf(asked);
  const columns = [...asked.table.columns.values()].filter(({ type }) => type !== 'bytes');
  const open = asked.of.filter((candidate) => mayMatch(candidate, known));
  const answers = await decideEach(
    open.map(({ condition }) => condition),
    known.facts,
  );
  const matching = open.filter((_, index) => answers[index]);
  const decision = decisionFor(asked, matching, columns);
  const byGlass = matching.length > 0 && matching.every(({ policy }) => policy.entry.breakGlass);
  return byGlass ? { ...decision, reason: known.grant } : decision;
}

/** What is cheap is asked first: everything but the condition. */
function mayMatch({ policy: { entry }, special, needsConsent }: Candidate, known: KnownRecord): boolean {
  const { assigned, subject, training, breakGlass } = entry;
  return (
    !known.quarantined &&
    (special || !known.sensitive) &&
    (!needsConsent || known.consented) &&
    (!assigned || known.assigned) &&
    (!subject || known.own) &&
    (!training || known.hasTraining(training)) &&
    (!breakGlass || known.grant !== null)
  );
}
