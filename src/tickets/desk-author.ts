import type { Call } from '../access/call.js';

/** Who writes, as the desk's tables have it. A program writes for the customer whose ticket it is. */
export type DeskAuthor =
  | { readonly kind: 'agent'; readonly agent: string }
  | { readonly kind: 'customer'; readonly customer: string }
  | { readonly kind: 'system' };

const ACTOR = /^(agent|customer)\/([1-9]\d{0,17})$/;

export function deskAuthor({ actor }: Call): DeskAuthor {
  const [, kind, key = ''] = ACTOR.exec(actor.id) ?? [];
  if (kind === 'agent') return { kind, agent: key };
  return kind === 'customer' ? { kind, customer: key } : { kind: 'system' };
}

/** The desk's agent, or null. */
export const agentKey = (author: DeskAuthor): string | null =>
  author.kind === 'agent' ? author.agent : null;
