import type { Problem } from '../core/errors.js';
import { parsePeriod } from '../core/period.js';
import { checkedEntry, type PolicyFile, type PolicyText, type Report } from './checked-entry.js';
import { consentSchema, EXPLICIT_METHODS, type ConsentEntry } from './consent-schema.js';

export type ConsentPolicy = PolicyText<'consent', ConsentEntry>;

/** Reads a consent policy. Findings go to `problems`; the result is null when there was one. */
export const readConsentPolicy = (file: PolicyFile, problems: Problem[]): ConsentPolicy | null =>
  checkedEntry(consentSchema, file, problems, (entry, report) => {
    const period = parsePeriod(entry.validFor);
    if ('problem' in period) report('validFor', `"${entry.validFor}": ${period.problem}`);
    checkMethods(entry, report);
  });

function checkMethods({ explicit, methods }: ConsentEntry, report: Report): void {
  if (!explicit) return;
  for (const [at, method] of methods.entries())
    if (!EXPLICIT_METHODS.includes(method))
      report(
        `methods[${at}]`,
        `"${method}" is not explicit (GDPR Art. 9(2)(a)); use ${EXPLICIT_METHODS.join(', ')}`,
      );
}
