import type { ErrorKind } from './error-kind.js';

export const ACCESS_ERRORS = {
  // access to tickets
  access_denied: {
    template:
      '{deed} on {record} is denied to {roles} for {purpose}: {reason}; policies considered: {policies}. It is the same answer where there is no such record',
    httpStatus: 403,
    exitCode: 3,
  },
  map_unenforced: {
    template:
      'tickets go through Lethe only on its own help desk (map "native"); beside "{map}" it does not control what that system shows or changes itself',
    httpStatus: 409,
    exitCode: 2,
  },
  // watching who looks at what
  agreement_missing: {
    template: "no agreement about recording employees' reading is in force; `lethe access agree` records one",
    httpStatus: 409,
    exitCode: 2,
  },
  case_unknown: {
    template: 'no case "{case}"; `lethe access cases` lists them',
    httpStatus: 404,
    exitCode: 2,
  },
  case_own: {
    template: '{actor} opened case {case} and cannot confirm it; another person must',
    httpStatus: 403,
    exitCode: 3,
  },
  case_without_officer: {
    template:
      'case {case} was not opened by a data-protection-officer, so one must confirm it (--as NAME; roles are given in lethe.json)',
    httpStatus: 403,
    exitCode: 3,
  },
  case_not_open: {
    template:
      'case {case} {state}; the access log names nobody for it. Open another one if there is still reason to look',
    httpStatus: 409,
    exitCode: 3,
  },
  grant_unknown: {
    template: 'no broken glass "{grant}"; `lethe access glass` lists those that wait for their review',
    httpStatus: 404,
    exitCode: 2,
  },
  grant_own: {
    template: '{grant} cannot be reviewed by the one who broke the glass; another person must',
    httpStatus: 403,
    exitCode: 3,
  },
  grant_reviewed: { template: '{grant} was reviewed already', httpStatus: 409, exitCode: 2 },
  glass_refused: {
    template:
      'nobody in the role of who asks may break the glass for a {record} for this purpose: no access policy in force with "breakGlass" says so',
    httpStatus: 403,
    exitCode: 3,
  },
  training_unknown: {
    template: 'no training "{training}" is recorded that holds; the id is told when one is recorded',
    httpStatus: 404,
    exitCode: 2,
  },
} as const satisfies Readonly<Record<string, ErrorKind>>;
