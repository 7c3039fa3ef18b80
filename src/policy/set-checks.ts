import { nearest } from '../core/did-you-mean.js';
import type { MapGraph } from '../datamap/graph.js';
import { dataOfActivity } from './activity-data.js';
import type { ActivityEntry } from './activity-schema.js';
import type { ConsentPolicy } from './consent-policy.js';
import { isConsent } from './legal-bases.js';
import type { PoliciesByKind, PolicyKind } from './policy.js';
import { isSpecial } from './special-categories.js';

/** What one policy of a set says that does not fit the others. */
export interface Misfit {
  readonly policy: string;
  readonly kind: PolicyKind;
  /** The place in its file. */
  readonly path: string;
  readonly message: string;
}

type Aim = ActivityEntry['purposes'][number];

const aimsOf = ({ activity }: Pick<PoliciesByKind, 'activity'>): readonly Aim[] =>
  activity.flatMap(({ entry }) => entry.purposes);

/** Purposes that policies name and no activity has: nothing is permitted for them. */
export function purposesWithoutActivity(policies: PoliciesByKind): readonly Misfit[] {
  const known = [...new Set(aimsOf(policies).map(({ purpose }) => purpose))];
  const named = [
    ...policies.access.flatMap(({ id, kind, entry }) =>
      entry.purposes.map((purpose, at) => ({ policy: id, kind, path: `purposes[${at}]`, purpose })),
    ),
    ...[...policies.consent, ...policies.intake].map(({ id, kind, entry: { purpose } }) => ({
      ...{ policy: id, kind, path: 'purpose', purpose },
    })),
  ];
  return named
    .filter(({ purpose }) => !known.includes(purpose))
    .map(({ purpose, ...place }) => ({
      ...place,
      message: `no activity has the purpose "${purpose}"${nearest(purpose, known)}, so nothing is permitted for it (GDPR Art. 5(1)(b))`,
    }));
}

/** Retention policies whose `activity` is none. */
export function rulesWithoutActivity({ retention, activity }: PoliciesByKind): readonly Misfit[] {
  const known = activity.map(({ id }) => id);
  return retention
    .filter(({ entry }) => !known.includes(entry.activity))
    .map(({ id, kind, entry }) => ({
      ...{ policy: id, kind, path: 'activity' },
      message: `there is no activity "${entry.activity}"${nearest(entry.activity, known)}: the record of processing cannot say how long its data is kept (GDPR Art. 30(1)(f))`,
    }));
}

/** Activities of an organisation that nobody laid down. */
export function activitiesWithoutOrganisation({ activity, organisation }: PoliciesByKind): readonly Misfit[] {
  const known = organisation.map(({ id }) => id);
  return activity
    .filter(({ entry }) => !known.includes(entry.organisation))
    .map(({ id, kind, entry }) => ({
      ...{ policy: id, kind, path: 'organisation' },
      message: `there is no organisation "${entry.organisation}"${nearest(entry.organisation, known)}: nobody is said to be responsible (GDPR Art. 4(7), 30(1)(a))`,
    }));
}

/** Consent policies for what their activity does not do, or does not do on consent. */
export const consentsWithoutBasis = (policies: PoliciesByKind): readonly Misfit[] =>
  policies.consent.flatMap((policy) => consentMisfit(policies, policy));

function consentMisfit({ activity }: PoliciesByKind, { id, kind, entry }: ConsentPolicy): readonly Misfit[] {
  const misfit = (path: string, message: string): readonly Misfit[] => [{ policy: id, kind, path, message }];
  const known = activity.map((other) => other.id);
  const found = activity.find((other) => other.id === entry.activity);
  if (!found)
    return misfit('activity', `there is no activity "${entry.activity}"${nearest(entry.activity, known)}`);
  const aim = found.entry.purposes.find(({ purpose }) => purpose === entry.purpose);
  if (!aim) return misfit('purpose', `activity "${found.id}" does not have the purpose "${entry.purpose}"`);
  if (entry.for === 'processing' && !restsOnConsent(aim))
    return misfit(
      'purpose',
      `"${entry.purpose}" of activity "${found.id}" rests on ${aim.basis}: to ask for consent all the same would mislead people (EDPB 05/2020, 121–123)`,
    );
  if (aim.specialGround === 'eu-gdpr:A9-2-a' && !entry.explicit)
    return misfit('explicit', 'must be true: the ground is explicit consent (GDPR Art. 9(2)(a))');
  return [];
}

const restsOnConsent = ({ basis, specialGround }: Aim): boolean =>
  isConsent(basis) || (specialGround !== undefined && isConsent(specialGround));

/** Purposes on consent that no consent policy says how to ask for. */
export const basesWithoutConsent = ({ activity, consent }: PoliciesByKind): readonly Misfit[] =>
  activity.flatMap(({ id, kind, entry }) =>
    entry.purposes.flatMap((aim, at) => {
      // consent to be recorded for a purpose is consent to the purpose
      const isAsked = consent.some((one) => one.entry.activity === id && one.entry.purpose === aim.purpose);
      if (!restsOnConsent(aim) || isAsked) return [];
      const message = `"${aim.purpose}" rests on consent, and no consent policy says how it is asked for and withdrawn (GDPR Art. 7): nothing is permitted for it`;
      return [{ policy: id, kind, path: `purposes[${at}]`, message }];
    }),
  );

/** Activities with special categories and no ground of Art. 9(2) for any purpose. */
export const specialWithoutGround = (graph: MapGraph, { activity }: PoliciesByKind): readonly Misfit[] =>
  activity.flatMap(({ id, kind, entry }) => {
    if (entry.purposes.some(({ specialGround }) => specialGround !== undefined)) return [];
    const columns = dataOfActivity(graph, entry).flatMap((data) =>
      data.columns
        .filter(({ category }) => category !== null && isSpecial(category))
        .map((column) => `${data.table.id}.${column.id}`),
    );
    if (columns.length === 0) return [];
    const message = `special categories of data (${columns.join(', ')}) and no purpose with a "specialGround" (GDPR Art. 9(2))`;
    return [{ policy: id, kind, path: 'purposes', message }];
  });
