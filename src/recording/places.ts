/** What must have happened before a call may be recorded, the least first. */
export const NEEDS = ['one', 'announcement', 'everyone'] as const;
/**
 * `one`: one of those on the call consents. `announcement`: everybody was told in the recording itself, and stayed.
 * `everyone`: everybody consents expressly.
 */
export type Need = (typeof NEEDS)[number];

/** The rule of a place. */
export interface PlaceRule {
  /** ISO 3166; `unknown` where nobody knows it, or no row is about it. */
  readonly place: string;
  readonly need: Need;
  readonly says: string;
  readonly cite: string;
  readonly source: string;
  /** Two independent sources agree on it. What is not verified never permits more than consent of everybody. */
  readonly verified: boolean;
}

const SURVEYS = 'surveys of state law by freedomrankings.com (June 2026) and recordphonecall.com';
const PRESS = `${SURVEYS}; list of all-party states in an Oxford University Press textbook for reporters`;
const NONE = 'no source that could be verified';

type Row = readonly [place: string, cite: string, says?: string];

const ALL_PARTY: readonly Row[] = [
  ['US-CA', 'Penal Code 632, 632.7'],
  ['US-FL', 'Fla. Stat. 934.03'],
  ['US-IL', '720 ILCS 5/14'],
  ['US-MD', 'Cts. & Jud. Proc. 10-402'],
  ['US-MA', 'G.L. c. 272 s. 99', 'no secret recording: everybody must know and agree'],
  ['US-MT', 'MCA 45-8-213'],
  ['US-NH', 'RSA 570-A:2'],
  ['US-PA', '18 Pa.C.S. 5703, 5704'],
];

const DOUBTFUL: readonly Row[] = [
  ['US-DE', '11 Del. C. 2402, 1335', 'two statutes contradict each other; the stricter counts'],
  ['US-NV', 'NRS 200.620', 'one party by its words, everybody by case law for calls'],
  ['US-MI', 'MCL 750.539c', 'a participant may by case law; everybody is asked until that is verified'],
  ['US-OR', 'ORS 165.540', 'one party by telephone, it is said; everybody is asked until that is verified'],
  ['US-VT', 'no statute', 'only the federal floor, it is said; everybody is asked until that is verified'],
];

const ANNOUNCED: readonly (readonly [...Required<Row>, source: string])[] = [
  [
    'US-WA',
    'RCW 9.73.030(3)',
    'an announcement to everybody that the call is recorded is enough, if it is in the recording itself',
    `${SURVEYS}; text of the statute`,
  ],
  [
    'US-CT',
    'C.G.S. 52-570d',
    'telephone: consent of everybody, or a spoken notice that stands at the beginning of the recording (civil law; the criminal law asks one party)',
    'metaverse.law on the three ways of Connecticut; text of the statute',
  ],
];

/** Where no law of the state asks for more than the federal floor. */
const FLOOR =
  'AL AK AZ AR CO DC GA HI ID IN IA KS KY LA ME MN MS MO NE NJ NM NY NC ND OH OK RI SC SD TN TX UT VA WV WI WY';

/** Outside the United States everybody is asked, whatever a row says; the rows say what else is at stake there. */
const ELSEWHERE: readonly Row[] = [
  ['AT', 'StGB (AT) 120; GDPR Art. 6(1)(a)'],
  [
    'CH',
    'StGB (CH) 179bis, 179ter',
    'a crime without consent of everybody; exception for orders and bookings not used',
  ],
  ['DE', 'StGB (DE) 201; GDPR Art. 6(1)(a)', 'a crime without consent of everybody, the agent included'],
  ['ES', 'GDPR Art. 6(1)(a)', 'a participant may, it is said; as data processing it rests on consent'],
  ['FR', 'Code pénal 226-1; GDPR Art. 6(1)(a)'],
  [
    'GB',
    'UK GDPR Art. 6(1)(a)',
    'a participant may, it is said; businesses must tell, and rest it on consent here',
  ],
  ['PL', 'GDPR Art. 6(1)(a)'],
];

const EVERYBODY = 'everybody on the call consents expressly';

const everyone =
  (source: string, verified: boolean) =>
  ([place, cite, says = EVERYBODY]: Row): PlaceRule => ({
    place,
    need: 'everyone',
    says,
    cite,
    source,
    verified,
  });

/** Every rule there is a row for, by place. */
export const PLACE_RULES: readonly PlaceRule[] = [
  ...ALL_PARTY.map(everyone(PRESS, true)),
  ...DOUBTFUL.map(everyone(SURVEYS, false)),
  ...ELSEWHERE.map(everyone(NONE, false)),
  ...ANNOUNCED.map(([place, cite, says, source]): PlaceRule => ({
    place,
    need: 'announcement',
    says,
    cite,
    source,
    verified: true,
  })),
  ...FLOOR.split(' ').map((state): PlaceRule => ({
    place: `US-${state}`,
    need: 'one',
    says: 'one of those on the call consents: the federal floor, and no law of the state that asks for more',
    cite: '18 U.S.C. 2511(2)(d)',
    source: SURVEYS,
    verified: true,
  })),
].sort((a, b) => (a.place < b.place ? -1 : 1));

/** The strictest: where nobody knows the place, or nobody has looked up its law. */
export const UNKNOWN_PLACE: PlaceRule = {
  place: 'unknown',
  need: 'everyone',
  says: `${EVERYBODY}: a place that is not known, or has no row, counts as the strictest`,
  cite: 'GDPR Art. 6(1)(a), StGB (DE) 201',
  source: 'a decision of Lethe: closed by default',
  verified: false,
};

const BY_PLACE: ReadonlyMap<string, PlaceRule> = new Map(PLACE_RULES.map((rule) => [rule.place, rule]));

/** The rule of a place; a country of which only parts have rows is as unknown as none. */
export function ruleOf(place: string | null): PlaceRule {
  if (place === null) return UNKNOWN_PLACE;
  // a part of a country that is not the United States is under the country's row
  return BY_PLACE.get(place) ?? BY_PLACE.get(place.split('-')[0] ?? '') ?? { ...UNKNOWN_PLACE, place };
}

/** What everybody on a call must meet, whoever's place it comes from. */
export interface Requirement {
  /** The strictest. */
  readonly need: Need;
  /** The place's rule it comes from; of several with the same, the first by place. */
  readonly rule: PlaceRule;
  /** With it, what the laxer places ask for that the strictest does not include: an announcement is nobody's consent. */
  readonly needs: readonly Need[];
}

/**
 * The strictest rule among the places applies to all. Whoever else joins, it gets no laxer, and the order of people does not
 * matter. Nobody at all: as if the place were unknown.
 */
export function requirementOf(places: readonly (string | null)[]): Requirement {
  const rules = (places.length === 0 ? [null] : places).map(ruleOf).sort(stricterFirst);
  const [rule = UNKNOWN_PLACE] = rules;
  const needs = NEEDS.filter((need) => rules.some((one) => one.need === need)).reverse();
  return { need: rule.need, rule, needs: rule.need === 'everyone' ? ['everyone'] : needs };
}

const rank = ({ need }: PlaceRule): number => NEEDS.indexOf(need);
const stricterFirst = (a: PlaceRule, b: PlaceRule): number =>
  rank(b) - rank(a) || Number(a.place > b.place) - Number(a.place < b.place);
