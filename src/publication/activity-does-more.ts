import type { ActivityEntry } from '../policy/activity-schema.js';
import { isWithin } from '../policy/categories.js';
import { reasonFor, when } from './list-changes.js';
import { isConsent } from '../policy/legal-bases.js';
import type { StepOf } from './step-of.js';

/**
 * Why, with this step, more is done with somebody's data, on another ground, by others, or told to fewer: in words. How it is
 * worded is nobody's risk.
 */
export function activityDoesMore({ before, after }: StepOf<'activity'>): readonly string[] {
  if (after === null) return [];
  if (before === null) return ['it is the first version of this activity: its purposes become permitted'];
  const [was, is] = [before.entry, after.entry];
  return [
    ...when(
      was.organisation !== is.organisation,
      `organisation: ${was.organisation} → ${is.organisation}, another is responsible`,
    ),
    ...is.purposes.flatMap((aim) => aimReasons(was, aim)),
    ...dataReasons(was, is),
    ...consentAskedForLess(was, is),
    ...is.recipients.flatMap((recipient) => recipientReasons(was, recipient)),
    ...is.transfers.flatMap((transfer) => transferReasons(was, transfer)),
    ...peopleReasons(was, is),
  ];
}

type Aim = ActivityEntry['purposes'][number];

function aimReasons(was: ActivityEntry, { purpose, basis, specialGround }: Aim): readonly string[] {
  const known = was.purposes.find((aim) => aim.purpose === purpose);
  if (!known) return [`purposes: ${purpose} is new`];
  return [
    ...when(known.basis !== basis, `purposes: ${purpose} rests on ${basis}, no longer on ${known.basis}`),
    ...when(
      specialGround !== undefined && known.specialGround !== specialGround,
      `purposes: ${purpose} processes special categories on the ground ${specialGround ?? ''}`,
    ),
  ];
}

const dataReasons = (was: ActivityEntry, is: ActivityEntry): readonly string[] => [
  ...reasonFor(was.subjects, is.subjects, (names) => `subjects: ${names} are new`),
  ...reasonFor([], beyond(is.categories, was.categories), (names) => `categories: ${names} are new`),
  ...(was.records === undefined
    ? []
    : is.records === undefined
      ? ['records: all records from now on']
      : reasonFor(was.records, is.records, (names) => `records: ${names} are new`)),
];

/** Where activities share a purpose the strictest basis counts for a record: one that lets go of records frees the others. */
function consentAskedForLess(was: ActivityEntry, is: ActivityEntry): readonly string[] {
  const rests = was.purposes.some(({ basis, specialGround }) =>
    [basis, specialGround ?? basis].some(isConsent),
  );
  const { records } = is;
  if (!rests || records === undefined) return [];
  if (was.records === undefined) return ['records: it rests on consent, and is no longer about all records'];
  return reasonFor(records, was.records, (names) => `records: it rests on consent, no longer for ${names}`);
}

const beyond = (categories: readonly string[], known: readonly string[]): readonly string[] =>
  categories.filter((category) => !known.some((name) => isWithin(category, name)));

type Recipient = ActivityEntry['recipients'][number];

function recipientReasons(was: ActivityEntry, is: Recipient): readonly string[] {
  const known = was.recipients.find(({ id }) => id === is.id);
  const place = `recipients: ${is.id}`;
  if (!known) return [`${place} is new`];
  const more = beyond(is.categories ?? was.categories, known.categories ?? was.categories);
  return [
    ...when(known.name !== is.name, `${place} is somebody else`),
    ...when(known.role !== is.role, `${place} is ${is.role}, no longer ${known.role}`),
    ...when(known.country !== is.country, `${place} is in ${is.country}, no longer in ${known.country}`),
    ...reasonFor([], more, (names) => `${place} gets ${names} from now on`),
  ];
}

type Transfer = ActivityEntry['transfers'][number];

function transferReasons(was: ActivityEntry, is: Transfer): readonly string[] {
  const known = was.transfers.filter(
    ({ recipient, country }) => recipient === is.recipient && country === is.country,
  );
  const place = `transfers: to ${is.recipient} in ${is.country}`;
  if (known.length === 0) return [`${place} is new`];
  const isSame = known.some(({ safeguard }) => safeguard === is.safeguard);
  return when(!isSame, `${place} rests on ${is.safeguard} from now on`);
}

/** What people are told, and how their data is come by and decided about. */
const peopleReasons = (was: ActivityEntry, is: ActivityEntry): readonly string[] => [
  ...(is.channels === undefined
    ? []
    : reasonFor(
        is.channels,
        was.channels ?? CHANNELS,
        (names) => `channels: the notice by ${names} no longer tells of it`,
      )),
  ...reasonFor(
    was.sources.map(({ from }) => from),
    is.sources.map(({ from }) => from),
    (names) => `sources: data comes from ${names} too`,
  ),
  ...when(
    was.obligation.is === 'voluntary' && is.obligation.is !== 'voluntary',
    `obligation: voluntary → ${is.obligation.is}, people must give the data`,
  ),
  ...when(
    was.automatedDecision === 'none' && is.automatedDecision !== 'none',
    'automatedDecision: decisions are automated from now on',
  ),
];

const CHANNELS = ['e-mail', 'web', 'phone', 'chat'] as const;
