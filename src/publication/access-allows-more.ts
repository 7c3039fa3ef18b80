import { isWithin } from '../policy/categories.js';
import type { AccessPolicy } from '../policy/access-policy.js';
import type { AccessEntry } from '../policy/access-schema.js';
import { implies } from './implied.js';
import { reasonFor, when } from './list-changes.js';
import { showsNoMore } from './stronger-mask.js';
import type { StepOf } from './step-of.js';

/**
 * Why, with this step, somebody may see or do what they could not without it: in words. Policies permit, and none forbids, so
 * one that goes or permits less takes access away, whatever the others say.
 */
export function accessAllowsMore({ before, after }: StepOf<'access'>): readonly string[] {
  if (after === null) return [];
  if (before === null) return ['it is the first version of this access policy: it permits all it says'];
  if (before.table !== after.table)
    return [`record: ${before.entry.record} → ${after.entry.record}, it permits access to other records`];
  return [
    ...whoAndWhy(before.entry, after.entry),
    ...whichRecords(before, after),
    ...whatIsShown(before.entry, after.entry),
    ...whatIsAsked(before.entry, after.entry),
  ];
}

const whoAndWhy = (was: AccessEntry, is: AccessEntry): readonly string[] => [
  ...reasonFor(was.roles, is.roles, (names) => `roles: ${names} may use it from now on`),
  ...reasonFor(was.purposes, is.purposes, (names) => `purposes: ${names} permit access from now on`),
  ...reasonFor(was.may, is.may, (names) => `may: ${names} from now on`),
];

const whichRecords = (before: AccessPolicy, after: AccessPolicy): readonly string[] => [
  ...when(
    !implies(after.condition, before.condition),
    'when: it may match records that it did not match before',
  ),
  ...when(
    before.entry.assigned !== undefined && after.entry.assigned === undefined,
    'assigned: also records that are not assigned to who asks',
  ),
  ...when(
    before.entry.subject !== undefined && after.entry.subject === undefined,
    'subject: also records that are not about who asks',
  ),
];

const whatIsShown = (was: AccessEntry, is: AccessEntry): readonly string[] => [
  ...categoriesShown(was.categories, is.categories),
  ...Object.entries(was.masks ?? {}).flatMap(([column, mask]) => {
    const now = is.masks?.[column];
    const change = now === undefined ? 'is no longer masked' : `${mask} → ${now} may show more`;
    return when(!showsNoMore(mask, now), `masks.${column}: ${change}`);
  }),
];

/** Without a list no personal data is shown. */
function categoriesShown(
  was: AccessEntry['categories'] = [],
  is: AccessEntry['categories'] = [],
): readonly string[] {
  const more = is.filter((category) => !was.some((name) => isWithin(category, name)));
  return when(more.length > 0, `categories: ${more.join(', ')} shown from now on`);
}

/** What who asks must show for it, and what of Art. 9 GDPR it opens. */
const whatIsAsked = (was: AccessEntry, is: AccessEntry): readonly string[] => [
  ...when(
    is.specialGround !== undefined && is.specialGround !== was.specialGround,
    `specialGround: special categories are shown on the ground ${is.specialGround ?? ''}`,
  ),
  ...when(
    was.training !== undefined &&
      (was.training.content !== is.training?.content || was.training.version !== is.training.version),
    'training: the training that was asked for is no longer the one',
  ),
  ...when(
    was.breakGlass !== undefined && is.breakGlass === undefined,
    'breakGlass: it permits from day to day what took breaking the glass',
  ),
];
