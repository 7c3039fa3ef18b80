import { z } from 'zod';
import { LetheError } from '../core/errors.js';
import { compareInstants, type Instant } from '../core/instant.js';
import { dueOf, parsePeriod } from '../core/period.js';
import { parseRecord } from '../datamap/record-ref.js';
import type { MapGraph } from '../datamap/graph.js';
import { purpose, roleName } from '../policy/policy-fields.js';
import { SCOPES } from './scopes.js';

const SERVICE = /^service\/[a-z0-9][a-z0-9-]{0,62}$/;
const LONGEST = 'P1Y';

const orderSchema = z.strictObject({
  actor: z.string(),
  roles: z.array(roleName).min(1, 'name at least one role'),
  purposes: z.array(purpose).min(1, 'name at least one purpose'),
  scopes: z.array(z.enum(SCOPES)).min(1, 'name at least one scope'),
  expires: z.string(),
});

/** What a new token is to be good for. */
export interface TokenOrder {
  /** Who calls with it: a record of the ticket system (`agent/7`), or a program (`service/portal`). */
  readonly actor: string;
  /** Roles of the ticket system, as access policies name them. */
  readonly roles: readonly string[];
  readonly purposes: readonly string[];
  readonly scopes: readonly string[];
  /** How long it is good: an ISO 8601 period of at most a year. */
  readonly expires: string;
}

/** The same, checked, in the form in which it is stored. */
export type CheckedOrder = Readonly<Omit<z.infer<typeof orderSchema>, 'expires'>> & {
  readonly expiresAt: Instant;
};

/** @throws LetheError `input_invalid`, naming the field */
export function checkOrder(graph: MapGraph, order: TokenOrder, now: Instant): CheckedOrder {
  const parsed = orderSchema.safeParse(order);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(String(issue?.path[0] ?? 'token'), issue?.message ?? 'is not understood');
  }
  const { actor, roles, purposes, scopes, expires } = parsed.data;
  return {
    actor: callerOf(graph, actor),
    roles: [...new Set(roles)],
    purposes: [...new Set(purposes)],
    scopes: [...new Set(scopes)],
    expiresAt: endOf(expires, now),
  };
}

/** The caller in the one spelling that the desk's own rows have. */
function callerOf(graph: MapGraph, actor: string): string {
  if (SERVICE.test(actor)) return actor;
  if (actor.startsWith('service/')) throw invalid('actor', 'a program is written service/portal');
  const { table, key } = parseRecord(graph, actor);
  return `${table.concept ?? table.id}/${key.join(',')}`;
}

function endOf(text: string, now: Instant): Instant {
  const [period, longest] = [parsePeriod(text), parsePeriod(LONGEST)];
  if ('problem' in period) throw invalid('expires', period.problem);
  const end = dueOf(now, period, 'UTC', 'event');
  if ('problem' in longest || compareInstants(end, dueOf(now, longest, 'UTC', 'event')) > 0)
    throw invalid('expires', `a token is good for at most ${LONGEST}; make a new one then`);
  return end;
}

const invalid = (what: string, reason: string): LetheError =>
  new LetheError('input_invalid', { what, reason });
