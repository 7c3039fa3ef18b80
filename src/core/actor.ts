/** How sure Lethe is of who acts: `--as` asserts a name, HTTP authenticates a token. */
export type Assurance = 'asserted' | 'authenticated';

/** What people are to the engine; lethe.json says who is what. */
export const ROLES = ['policy-owner', 'data-protection-officer', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** Who acts. `name` is for the erasable directory; everything durable holds an id. */
export interface ActorName {
  readonly name: string;
  readonly assurance: Assurance;
}

/** The form in which names are compared: two spellings of one name must not approve each other. */
export const nameKey = (name: string): string =>
  name.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
