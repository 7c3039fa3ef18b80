import { z } from 'zod';
import { policyInvalid, type Problem } from '../core/errors.js';
import type { Queryable } from '../db/database.js';
import { isConsent, type LegalBasis, type SpecialGround } from '../policy/legal-bases.js';
import { cameIntoForce, pastVersions } from './past-versions.js';
import type { Published, Step } from './publish-steps.js';

type Ground = 'basis' | 'specialGround';

/** One purpose on one ground, as an activity says it. */
interface Aim {
  readonly activity: string;
  readonly purpose: string;
  readonly key: Ground;
  readonly ground: LegalBasis | SpecialGround;
  /** Where it is said. */
  readonly file: string;
  readonly path: string;
}

const pastActivity = z.looseObject({
  purposes: z.array(
    z.looseObject({ purpose: z.string(), basis: z.string(), specialGround: z.string().optional() }),
  ),
});

/**
 * A purpose that people were asked to consent to does not rest on anything else later: whoever withdrew, or refused, would have
 * been asked in vain (GDPR Art. 7(3); EDPB guidelines 05/2020, 121–123). That holds across activities, and a purpose that rests
 * on something else beside its consent may not lose the consent.
 * @throws LetheError `policy_invalid`, naming purpose and both grounds
 */
export async function requireKeptBases(
  db: Queryable,
  { standings }: Published,
  steps: readonly Step[],
): Promise<void> {
  if (!steps.some(({ kind }) => kind === 'activity')) return;
  const ruled = await aimsOf(db, standings, cameIntoForce);
  const ruling = await aimsOf(db, standings, ({ state }) => state.is === 'inForce');
  const kept = await aimsOf(
    db,
    standings,
    (version, { versions }) =>
      version === versions.at(-1) && !steps.some(({ policy }) => policy === version.policy),
  );
  const coming = [...kept, ...steps.flatMap(({ path, after }) => aimsIn(after?.entry, path))];
  const problems = coming.flatMap((aim) => problemOf(aim, { ruled, ruling, coming }));
  if (problems.length > 0) throw policyInvalid(problems);
}

interface Aims {
  readonly ruled: readonly Aim[];
  readonly ruling: readonly Aim[];
  readonly coming: readonly Aim[];
}

function problemOf(aim: Aim, { ruled, ruling, coming }: Aims): readonly Problem[] {
  const consents = (aims: readonly Aim[]) => aims.find((one) => isSame(one, aim) && isConsent(one.ground));
  const asked = consents(ruled);
  if (isConsent(aim.ground) || !asked) return [];
  const isOld = ruling.some(
    (one) => isSame(one, aim) && one.activity === aim.activity && one.ground === aim.ground,
  );
  if (isOld && consents(coming)) return []; // both bases count, and the stricter one is still there
  const message = `"${aim.purpose}" rested on consent (${asked.ground}, activity "${asked.activity}") and may not rest on ${aim.ground} instead: withdrawing consent never permits changing the basis; use a purpose of its own for what you do now`;
  return [{ file: aim.file, path: aim.path, message }];
}

const isSame = (one: Aim, other: Aim): boolean => one.purpose === other.purpose && one.key === other.key;

async function aimsOf(
  db: Queryable,
  standings: Published['standings'],
  wanted: Parameters<typeof pastVersions>[3],
): Promise<readonly Aim[]> {
  const found = await pastVersions(db, standings, 'activity', wanted);
  return found.flatMap(({ version: { id, policy }, content }) => aimsIn(content, `${policy} (${id})`));
}

function aimsIn(content: unknown, file: string): readonly Aim[] {
  const parsed = pastActivity.extend({ id: z.string() }).safeParse(content);
  if (!parsed.success) return [];
  const { id: activity, purposes } = parsed.data;
  return purposes.flatMap(({ purpose, basis, specialGround }, at) =>
    Object.entries({ basis, specialGround }).flatMap(([key, ground]) =>
      ground === undefined
        ? []
        : {
            ...{ activity, purpose, file },
            key: key as Ground,
            ground: ground as LegalBasis | SpecialGround,
            path: `purposes[${at}].${key}`,
          },
    ),
  );
}
