import { z } from 'zod';
import { policyInvalid, type Problem } from '../core/errors.js';
import type { Queryable } from '../db/database.js';
import type { ConsentPolicy } from '../policy/consent-policy.js';
import { cameIntoForce, pastVersions } from './past-versions.js';
import type { Published, Step } from './publish-steps.js';

const pastConsent = z.looseObject({
  wording: z.looseObject({ version: z.string(), says: z.record(z.string(), z.string()) }),
});

/**
 * A wording that people were shown keeps its text: their consent names its version, and would prove something else
 * (GDPR Art. 7(1)). Further languages may be added.
 * @throws LetheError `policy_invalid`
 */
export async function requireKeptWordings(
  db: Queryable,
  { standings }: Published,
  steps: readonly Step[],
): Promise<void> {
  const drafts = steps.flatMap(({ path, after }) => (after?.kind === 'consent' ? [{ path, after }] : []));
  if (drafts.length === 0) return;
  const shown = (await pastVersions(db, standings, 'consent', cameIntoForce)).flatMap(
    ({ version: { policy }, content }) => {
      const parsed = pastConsent.safeParse(content);
      return parsed.success ? [{ policy, ...parsed.data.wording }] : [];
    },
  );
  const problems = drafts.flatMap(({ path, after }) =>
    shown.filter(({ policy }) => policy === after.id).flatMap((wording) => problemsOf(path, after, wording)),
  );
  if (problems.length > 0) throw policyInvalid(unique(problems));
}

function problemsOf(
  file: string,
  { entry: { wording } }: ConsentPolicy,
  shown: { readonly version: string; readonly says: Readonly<Record<string, string>> },
): readonly Problem[] {
  if (wording.version !== shown.version) return [];
  return Object.entries(wording.says)
    .filter(([language, text]) => shown.says[language] !== undefined && shown.says[language] !== text)
    .map(([language]) => ({
      file,
      path: `wording.says.${language}`,
      message: `people were shown another text as version "${shown.version}"; give this one another "version"`,
    }));
}

const unique = (problems: readonly Problem[]): readonly Problem[] => [
  ...new Map(problems.map((one) => [`${one.file} ${one.path}`, one])).values(),
];
