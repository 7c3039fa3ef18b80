import type { ErrorKind } from './error-kind.js';

export const CONFIGURATION_ERRORS = {
  config_invalid: { template: '{problems}', httpStatus: 500, exitCode: 2 },
  config_exists: {
    template: '{path} exists already; edit it, or delete it and run init again',
    httpStatus: 409,
    exitCode: 2,
  },
  config_missing: {
    template: 'no {file} in {folder}; run `lethe init` there, or name one with --config',
    httpStatus: 500,
    exitCode: 2,
  },
  file_unreadable: { template: 'cannot read {path}: {reason}', httpStatus: 500, exitCode: 2 },
  file_unusable: { template: 'cannot use {path}: {reason}', httpStatus: 500, exitCode: 2 },
  input_invalid: { template: '{what}: {reason}', httpStatus: 400, exitCode: 2 },
  demo_folder: {
    template:
      '{folder} was not made by the demo, so the demo leaves it alone; run it in another folder, or remove this one yourself',
    httpStatus: 409,
    exitCode: 2,
  },
} as const satisfies Readonly<Record<string, ErrorKind>>;
