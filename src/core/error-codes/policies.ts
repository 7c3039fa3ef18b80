import type { ErrorKind } from './error-kind.js';

export const POLICIES_ERRORS = {
  // data map
  map_invalid: { template: '{problems}', httpStatus: 500, exitCode: 2 },
  map_unknown: {
    template: 'no data map "{map}"; shipped maps: {known}; or give the path of a map file',
    httpStatus: 500,
    exitCode: 2,
  },
  map_mismatch: {
    template:
      'the data map does not fit this database:\n{problems}\nrun `lethe doctor` for the whole list (before init: with the same --map and --param); `lethe init --print-sql` prints the rights it takes',
    httpStatus: 409,
    exitCode: 2,
  },
  // policies
  policy_invalid: { template: '{problems}', httpStatus: 422, exitCode: 2 },
  policy_unknown: {
    template:
      'no retention policy "{policy}" is in force; there are: {known}. A file counts once it is published and waits no more (`lethe policy publish`, `lethe policy history`)',
    httpStatus: 404,
    exitCode: 2,
  },
  version_unreadable: {
    template:
      'what is in force cannot be read with this data map:\n{problems}\nchange the map back, or publish versions that fit it (`lethe policy publish`); until then nothing is planned or applied',
    httpStatus: 409,
    exitCode: 2,
  },
  version_unknown: {
    template: 'no published version "{version}"; `lethe policy history` lists them',
    httpStatus: 404,
    exitCode: 2,
  },
  version_settled: {
    template: 'version {version} of {policy} is {state}; only a version that waits can be approved',
    httpStatus: 409,
    exitCode: 2,
  },
  version_own: {
    template: '{actor} published {version} and cannot approve it; another person must',
    httpStatus: 403,
    exitCode: 3,
  },
  version_approved: {
    template: '{actor} has approved version {version} already',
    httpStatus: 409,
    exitCode: 2,
  },
} as const satisfies Readonly<Record<string, ErrorKind>>;
