import type { ErrorKind } from './error-kind.js';

export const TICKETS_ERRORS = {
  intake_closed: {
    template:
      'nothing is taken in by {channel} for {purpose}: no intake policy in force says what is needed there (`lethe policy publish` puts one in force)',
    httpStatus: 403,
    exitCode: 2,
  },
  intake_refused: {
    template: 'not taken in by {channel}: {problems} (intake policies: {policies})',
    httpStatus: 422,
    exitCode: 2,
  },
  recipient_unknown: {
    template:
      'no recipient "{recipient}" for {purpose}: an activity in force must name it before anything goes there (Art. 30(1)(d))',
    httpStatus: 403,
    exitCode: 2,
  },
  recipient_beyond: {
    template:
      'recipient "{recipient}" may not get {fields}: its categories in activity {activity} do not cover them',
    httpStatus: 403,
    exitCode: 2,
  },
  transition_invalid: {
    template: '{record} cannot go from {from} to {to}; from {from} it goes to {possible}',
    httpStatus: 409,
    exitCode: 2,
  },
  rectification_held: {
    template:
      '{record} is under hold {hold}, which keeps it as it is; add a statement to it instead (GDPR Art. 16), or have the hold lifted',
    httpStatus: 409,
    exitCode: 2,
  },
  content_changed: {
    template: '{record} was deleted or changed while it was being read; read it again',
    httpStatus: 409,
    exitCode: 2,
  },
  task_unknown: { template: 'no open task "{task}"', httpStatus: 404, exitCode: 2 },
} as const satisfies Readonly<Record<string, ErrorKind>>;
