import type { ErrorKind } from './error-kind.js';

export const CONSENT_ERRORS = {
  // consent
  consent_not_asked: {
    template:
      'consent is not asked for {purpose}: {why}. It is asked only where it is what the processing rests on (GDPR Art. 6(1)(a), 9(2)(a)), or for recording calls',
    httpStatus: 409,
    exitCode: 2,
  },
  consent_wording_unknown: {
    template:
      'consent policy {policy} shows wording "{known}", in {languages}; what was consented to must be that wording, in one of these languages',
    httpStatus: 409,
    exitCode: 2,
  },
  consent_transition: {
    template:
      'consent of {record} to {purpose} is {state} and cannot become {next}; it can become {possible}',
    httpStatus: 409,
    exitCode: 2,
  },
  consent_party: {
    template: '{state} is for {may} to say, not for {by}',
    httpStatus: 409,
    exitCode: 2,
  },
  consent_age: {
    template:
      'consent policy {policy} asks for somebody with parental authority below the age of {threshold}, and {why}; state the age, or let a holder of parental authority consent, verified (GDPR Art. 8)',
    httpStatus: 409,
    exitCode: 2,
  },
  consent_employee: {
    template:
      '{record} is an employee, and consent policy {policy} does not say why an employee is free to refuse; employees are not asked without (GDPR recital 43)',
    httpStatus: 409,
    exitCode: 2,
  },
  consent_unknown: {
    template:
      'nothing is recorded of a consent of {record} to {purpose}; `lethe consent show {record}` lists what is',
    httpStatus: 404,
    exitCode: 2,
  },
  consent_record_incomplete: {
    template:
      'no consent record for {record} and {purpose}: "{field}" is missing, which {source} asks for ({why}); nothing is left out of one',
    httpStatus: 409,
    exitCode: 2,
  },
  // calls and their recording
  call_unknown: {
    template: 'no call "{call}" is known here; the id is the one that opening the call returned',
    httpStatus: 404,
    exitCode: 2,
  },
  call_over: {
    template: 'call {call} is over; nobody joins it or is recorded on it',
    httpStatus: 409,
    exitCode: 2,
  },
  participant_unknown: {
    template: 'nobody "{participant}" is on call {call}; joining returned the id',
    httpStatus: 404,
    exitCode: 2,
  },
  recording_not_asked: {
    template:
      'no call may be recorded: {why}. A consent policy with `"for": "recording"` must be in force, and one only',
    httpStatus: 409,
    exitCode: 2,
  },
  recording_not_permitted: {
    template:
      'call {call} may not be recorded yet: {missing}. {place}: {rule} ({cite}; {verified}). The call goes on without',
    httpStatus: 409,
    exitCode: 2,
  },
  recording_state: {
    template: 'the recording of call {call} is {state}, so it cannot {deed}',
    httpStatus: 409,
    exitCode: 2,
  },
  recording_not_stored: {
    template: 'nothing of call {call} is stored: {what} {why}',
    httpStatus: 409,
    exitCode: 2,
  },
  listening_untold: {
    template:
      'nobody may listen in on call {call} yet: not everybody was told ({roles}); tell them, then try again',
    httpStatus: 409,
    exitCode: 2,
  },
} as const satisfies Readonly<Record<string, ErrorKind>>;
