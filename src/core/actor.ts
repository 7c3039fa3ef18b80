import { LetheError } from './errors.js';

/** How sure Lethe is of who acts: `--as` asserts a name, HTTP authenticates a token. */
export type Assurance = 'asserted' | 'authenticated';

/** What people are to the engine; lethe.json says who is what. */
export const ROLES = ['policy-owner', 'data-protection-officer', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** Who acts, as a caller says it. `name` is for the erasable directory; everything durable holds an id. */
export interface ActorName {
  readonly name: string;
  readonly assurance: Assurance;
  /** Fewer roles than the installation gives this name; absent: all it gives. */
  readonly roles?: readonly Role[];
}

/** Who acts, with the roles that count. */
export interface Actor extends ActorName {
  readonly roles: readonly Role[];
}

/** Name → roles, as lethe.json has them; null: nobody is told apart, everybody has every role. */
export type Actors = Readonly<Record<string, readonly Role[]>> | null;

/** What an actor sets out to do → the roles of which one is enough. Reading needs none. */
export const DEEDS = {
  publish: ['policy-owner', 'data-protection-officer'],
  approve: ['policy-owner', 'data-protection-officer'],
  plan: ['operator', 'policy-owner'],
  apply: ['operator', 'policy-owner'],
  withdraw: ['operator', 'policy-owner'],
  hold: ['data-protection-officer', 'policy-owner'],
  // bringing an installation up to date; to publish what it ships takes the role for that
  init: ['operator', 'policy-owner', 'data-protection-officer'],
  // the signing key, and a database that was restored
  vault: ['operator', 'policy-owner'],
  // to write down what people say of their consent: whoever works with them
  consent: ['operator', 'policy-owner', 'data-protection-officer'],
  // who may call the HTTP routes
  token: ['operator', 'policy-owner'],
  // whether employees' reading is recorded
  agree: ['data-protection-officer'],
  // the access log, and the cases that say whom it names
  watch: ['data-protection-officer', 'policy-owner'],
  train: ['policy-owner', 'data-protection-officer'],
  review: ['data-protection-officer', 'policy-owner'],
  // of what was hidden by mistake
  release: ['data-protection-officer'],
} as const satisfies Readonly<Record<string, readonly Role[]>>;
export type Deed = keyof typeof DEEDS;

const WORDS: Readonly<Record<Deed, string>> = {
  publish: 'publish a version',
  approve: 'approve',
  plan: 'make a plan',
  apply: 'apply a plan',
  withdraw: 'withdraw a plan',
  hold: 'place or lift a hold',
  init: 'set up or bring up to date',
  vault: 'change the vault or its keys',
  agree: "say whether employees' reading may be recorded",
  watch: 'look into the access log, or open a case for it',
  train: 'record a training',
  review: 'review a broken glass',
  release: 'end a quarantine',
  consent: 'record consent',
  token: 'make or revoke a token',
};

/** What leaves no mark on a screen: zero-width and bidirectional marks, soft hyphens, fillers, control characters. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}]|(?!\s)\p{Cc}/gu;

/** A name as it is stored for showing: without what moves a terminal's cursor or turns the text around it. */
export const shownName = (name: string): string =>
  name.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '').trim();

/** The form in which names are compared: two spellings of one name must not approve each other. */
export const nameKey = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(UNSEEN, '')
    .trim()
    .replace(/\s+/g, ' ')
    .toUpperCase() // ß and SS, σ and ς: lower case alone keeps them apart
    .toLowerCase()
    .normalize('NFKC');

/** The roles the installation gives a name: however it is spelled, and none for a name that is not listed. */
export function rolesOf(actors: Actors, name: string): readonly Role[] {
  if (actors === null) return ROLES;
  const given = Object.entries(actors).flatMap(([listed, roles]) =>
    nameKey(listed) === nameKey(name) ? roles : [],
  );
  return ROLES.filter((role) => given.includes(role));
}

/** The actor with the roles that count: those the installation gives the name, less what the caller leaves out. */
export function withRoles(actors: Actors, actor: ActorName): Actor {
  const roles = rolesOf(actors, actor.name).filter((role) => actor.roles?.includes(role) ?? true);
  return { name: actor.name, assurance: actor.assurance, roles };
}

/** @throws LetheError `role_missing` */
export function requireRole({ roles }: Actor, deed: Deed): void {
  if (DEEDS[deed].some((role) => roles.includes(role))) return;
  throw new LetheError('role_missing', {
    deed,
    what: WORDS[deed],
    wanted: DEEDS[deed].join(' or '),
    has: roles.join(', ') || 'no role',
  });
}

/**
 * Who may do this: every method of the engine that acts begins with it.
 * @throws LetheError `role_missing`
 */
export function authorised(actors: Actors, actor: ActorName, deed: Deed): Actor {
  const who = withRoles(actors, actor);
  requireRole(who, deed);
  return who;
}
