import { LetheError } from '../core/errors.js';
import { PURPOSES } from '../policy/purposes.js';
import type { Call } from './call.js';

const ROLE = /^[a-z][a-z0-9-]{0,62}$/;
const ACTOR = /^[a-z][a-z-]{0,31}\/[\w.-]{1,64}$/;
const MOST_ROLES = 32;

/**
 * The call as it may be trusted to be formed: a purpose of the vocabulary, roles and an actor that are names. What was wrong is
 * said by its form alone, because a caller may have put anything there.
 * @throws LetheError `input_invalid`
 */
export function checkCall(call: Call): Call {
  const { actor, purpose } = asked(call);
  if (typeof actor?.id !== 'string' || !ACTOR.test(actor.id))
    throw invalid('actor', 'must be a record of who asks, such as agent/7, customer/12 or service/mail');
  if (!Array.isArray(actor.roles) || actor.roles.length > MOST_ROLES || !actor.roles.every(isRole))
    throw invalid('roles', 'must be a list of names such as "agent" or "team-lead"');
  if (!(PURPOSES as readonly unknown[]).includes(purpose))
    throw invalid('purpose', 'is no purpose known here; purposes are terms of DPV such as dpv:CustomerCare');
  return call;
}

/** Callers need not be written in TypeScript. */
const asked = (call: unknown): Partial<Call> => (typeof call === 'object' && call !== null ? call : {});

const isRole = (role: unknown): boolean => typeof role === 'string' && ROLE.test(role);

const invalid = (what: string, reason: string): LetheError =>
  new LetheError('input_invalid', { what, reason });
