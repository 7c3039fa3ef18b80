import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Call } from '../access/call.js';
import { accessDenied } from '../access/decision.js';
import { decryptedRow } from '../access/protected-values.js';
import { sha256 } from '../core/digest.js';
import { newId } from '../core/ids.js';
import { checkedInput, words } from './checked-input.js';
import { entryOf } from './ask.js';
import { storeProof, useProof, type Provable } from './proof-store.js';
import { readTicket } from './read-ticket.js';
import type { TicketView } from './read-view.js';
import type { ProofDelivery, TicketContext } from './ticket-context.js';

const TOKEN_BYTES = 32;

export const proofRequest = z.strictObject({ number: words(40), address: words(254) });
export type ProofRequest = z.infer<typeof proofRequest>;

export const followRequest = z.strictObject({
  number: words(40),
  token: words(64).regex(/^[\w-]+$/, 'must be the token that was sent'),
});
export type FollowRequest = z.infer<typeof followRequest>;

/** What is answered in any case. */
export interface ProofRequested {
  readonly sent: 'if that ticket is there and the address is its customer’s';
}
const REQUESTED: ProofRequested = { sent: 'if that ticket is there and the address is its customer’s' };

/**
 * Somebody says that a ticket is theirs. If it is, the host application is handed a token for the customer's address (the option
 * `deliverProof`), good for a quarter of an hour. The answer, and what the database does for it, are the same if it is not.
 * @throws LetheError `input_invalid`
 */
export async function requestProof(context: TicketContext, request: ProofRequest): Promise<ProofRequested> {
  const { number, address } = checkedInput('proof', proofRequest, request);
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const proof = {
    id: newId('proof'),
    number: number.trim(),
    address: address.trim(),
    digests: await context.encryption.digests(context.db, 'email', address.trim()),
    tokenHash: sha256(token),
  };
  const to = await storeProof(context.db, { ...proof, now: context.clock.now() });
  if (to !== null) deliver(context, to, { number: proof.number, token });
  return REQUESTED;
}

/**
 * Later, and whatever becomes of it: neither the time it takes, also to decrypt the address, nor its failure may tell that there is
 * a ticket.
 */
function deliver(
  { deliverProof, encryption, graph }: TicketContext,
  { customer, email }: Provable,
  delivery: Omit<ProofDelivery, 'to'>,
): void {
  const table = graph.records.get('customer');
  if (!deliverProof || !table) return;
  const send = async (): Promise<void> => {
    const to = await decryptedRow(encryption, table, customer, { email });
    deliverProof({ ...delivery, to: to.email });
  };
  setImmediate(() => {
    // the host application minds its own mail, and a key service that is away comes back; the person asks again
    send().catch(() => undefined);
  });
}

/** A ticket as its customer sees it; how much there is besides is not theirs to know. */
export type FollowedTicket = Omit<TicketView, 'withheld'>;

/**
 * Shows a ticket to the customer who proved their address, by the access policies of role `customer` for dpv:CustomerCare.
 * @throws LetheError `access_denied` (the same for a wrong token, one that has ended and a ticket that is not there),
 *   `input_invalid`
 */
export async function follow(context: TicketContext, request: FollowRequest): Promise<FollowedTicket> {
  const { number, token } = checkedInput('follow', followRequest, request);
  const proof = { number: number.trim(), tokenHash: sha256(token), now: context.clock.now() };
  const proven = await useProof(context.db, proof);
  if (!proven) throw await unproven(context);
  const view = await readTicket(context, callOf(proven.customer), proven.ticket);
  const { ticket, customer, messages, recordings, decision } = view;
  return { ticket, customer, messages, recordings, decision };
}

const callOf = (customer: string): Call => ({
  actor: { id: customer, roles: ['customer'], assurance: 'authenticated' },
  purpose: 'dpv:CustomerCare',
});

/** Nobody is known to have asked. */
async function unproven({ log }: TicketContext): Promise<Error> {
  const call = callOf('customer/unproven');
  await log.append([
    entryOf(call, { deed: 'read', record: 'ticket', key: null }, 'deny', [], 'proof_invalid'),
  ]);
  return accessDenied(call, { deed: 'read', ref: 'ticket', reason: 'proof_invalid', considered: [] });
}
