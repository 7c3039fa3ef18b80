/** What a token may be used for, besides what the policies permit its actor: the narrower of the two counts. */
export const SCOPES = [
  'tickets:read',
  'tickets:write',
  // a customer's own ticket, by its number and proof of their address
  'tickets:follow',
  'consents:read',
  'consents:write',
] as const;
export type Scope = (typeof SCOPES)[number];
