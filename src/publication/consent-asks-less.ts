import { EXPLICIT_METHODS, type ConsentEntry } from '../policy/consent-schema.js';
import { added, reasonFor, when } from './list-changes.js';
import { isNeverLonger } from './never-longer.js';
import type { StepOf } from './step-of.js';

/** Why, with this step, less is asked for before somebody's consent counts: in words. Asking more is in force at once. */
export function consentAsksLess({ before, after }: StepOf<'consent'>): readonly string[] {
  if (before === null) return [];
  if (after === null) return ['it is removed: how consent is asked for and proved is laid down no longer'];
  const [was, is] = [before.entry, after.entry];
  return [
    ...aboutWhat(was, is),
    ...validLonger(was, is),
    ...givenMoreEasily(was, is),
    ...youngerPeople(was.age, is.age),
    ...when(!was.employees && is.employees !== undefined, 'employees: they are asked from now on'),
  ];
}

const aboutWhat = (was: ConsentEntry, is: ConsentEntry): readonly string[] =>
  (['activity', 'purpose', 'for'] as const).flatMap((key) =>
    when(was[key] !== is[key], `${key}: ${was[key]} → ${is[key]}, it is consent to something else`),
  );

function validLonger(was: ConsentEntry, is: ConsentEntry): readonly string[] {
  const longer = `validFor: ${was.validFor} → ${is.validFor}, consent is good for longer`;
  return when(!isNeverLonger(is.validFor, was.validFor), longer);
}

const givenMoreEasily = (was: ConsentEntry, is: ConsentEntry): readonly string[] => [
  ...when(was.explicit && !is.explicit, 'explicit: it need not be given explicitly any more'),
  ...reasonFor([], weakerMethods(was, is), (names) => `methods: it may be given by ${names} from now on`),
  ...reasonFor(was.channels, is.channels, (names) => `channels: it is asked for by ${names} from now on`),
];

/** Methods that state the consent prove more than those that do not. */
function weakerMethods({ methods: was }: ConsentEntry, { methods: is }: ConsentEntry): readonly string[] {
  const isExplicit = (method: ConsentEntry['methods'][number]) => EXPLICIT_METHODS.includes(method);
  return was.every(isExplicit) ? added(was, is).filter((method) => !isExplicit(method)) : [];
}

type Age = ConsentEntry['age'];

function youngerPeople(was: Age, is: Age): readonly string[] {
  if (!was) return [];
  if (!is) return ['age: nobody is asked for parental authority any more'];
  const places = new Set([...Object.keys(was.places ?? {}), ...Object.keys(is.places ?? {})]);
  const inPlaces = [...places].filter((place) => ageIn(is, place) < ageIn(was, place)).sort();
  return [
    ...when(
      is.otherwise < was.otherwise,
      `age.otherwise: ${was.otherwise} → ${is.otherwise}, younger people consent`,
    ),
    ...inPlaces.map(
      (place) =>
        `age.places.${place}: ${ageIn(was, place)} → ${ageIn(is, place)}, younger people consent there`,
    ),
  ];
}

const ageIn = ({ otherwise, places }: NonNullable<Age>, place: string): number =>
  places?.[place] ?? otherwise;
