import { LetheError } from '../core/errors.js';

/** A key of 256 bits that is opened: `secret` is wiped when its holder lets it go, so nobody keeps it. */
export interface OpenKey {
  readonly id: KeyId;
  readonly secret: Buffer;
}

/** A UUID, drawn at random: it says nothing about whose key it is. */
export type KeyId = string;

/** Of a person's identity columns, of a ticket's texts and files; or one of those that there are few of, by version. */
export type KeyUse = 'subject' | 'ticket' | NamedUse;
export const NAMED_USES = ['index', 'suppression', 'commitment'] as const;
/** Blind index; digests of suppressed addresses; commitments of the ledger. */
export type NamedUse = (typeof NAMED_USES)[number];

export const KEY_BYTES = 32;

const WIPED = Buffer.alloc(KEY_BYTES);

/**
 * The secret, to be used at once.
 * @throws LetheError `key_let_go` when it is wiped already: all zeros, it would encrypt so that everybody can read it
 */
export function secretOf({ id, secret }: OpenKey): Buffer {
  if (secret.equals(WIPED)) throw new LetheError('key_let_go', { key: id });
  return secret;
}
