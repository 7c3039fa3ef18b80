import { LetheError } from '../core/errors.js';
import { findSubject } from '../datamap/subject-store.js';
import { readQuestion } from './check-consent.js';
import {
  consentReceipt,
  consentRecord,
  termsAmong,
  type ConsentReceipt,
  type ConsentRecord,
  type RecordSource,
} from './consent-record.js';
import { eventsOf } from './consent-store.js';
import { readPerson } from './person.js';
import type { ConsentContext } from './record-consent.js';

/**
 * The person's newest consent to the purpose as the standard writes it, as of now or of an instant; the receipt is the same with
 * the id of the event it confirms.
 * @throws LetheError `consent_unknown`, `consent_record_incomplete`, `consent_not_asked`, `input_invalid`
 */
export const exportRecord = async (context: ConsentContext, question: unknown): Promise<ConsentRecord> =>
  consentRecord(await sourceOf(context, question));

export const exportReceipt = async (context: ConsentContext, question: unknown): Promise<ConsentReceipt> =>
  consentReceipt(await sourceOf(context, question));

async function sourceOf(
  { db, graph, clock, policies }: ConsentContext,
  question: unknown,
): Promise<RecordSource> {
  const { record, purpose, asOf = clock.now() } = readQuestion(question);
  const person = readPerson(graph, record);
  const subject = await findSubject(db, person.concept, person.key);
  const known = subject === null ? [] : await eventsOf(db, subject);
  const until = known.filter((event) => event.purpose === purpose && event.at <= asOf);
  const events = until.filter(({ consent }) => consent === until.at(-1)?.consent);
  const terms = termsAmong(events);
  if (terms === null) throw new LetheError('consent_unknown', { record: person.name, purpose });
  return { graph, policies: await policies(undefined, terms.at), person: person.name, events, terms, asOf };
}
