import type { ErrorKind } from './error-kind.js';

export const HTTP_ERRORS = {
  token_invalid: {
    template: 'this takes a token that is good: `Authorization: Bearer lethe_…` (`lethe token create`)',
    httpStatus: 401,
    exitCode: 3,
  },
  token_unknown: {
    template: 'no token "{token}" that could be revoked; `lethe token list` lists them',
    httpStatus: 404,
    exitCode: 2,
  },
  scope_missing: {
    template: 'the token has not the scope {scope} that this takes',
    httpStatus: 403,
    exitCode: 3,
  },
  purpose_refused: {
    template: 'the header Lethe-Purpose names no purpose of the token; it has {purposes}',
    httpStatus: 403,
    exitCode: 3,
  },
  request_invalid: { template: 'the request is not understood: {problems}', httpStatus: 400, exitCode: 2 },
  route_unknown: {
    template: 'there is no such route; /openapi.json lists them',
    httpStatus: 404,
    exitCode: 2,
  },
  body_too_large: { template: 'the body of the request is too large', httpStatus: 413, exitCode: 2 },
  media_type_unknown: {
    template: 'the body of the request must be JSON (content-type: application/json)',
    httpStatus: 415,
    exitCode: 2,
  },
  internal: {
    template: 'something went wrong here; the log of the server says where',
    httpStatus: 500,
    exitCode: 1,
  },
} as const satisfies Readonly<Record<string, ErrorKind>>;
