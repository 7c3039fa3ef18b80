import { pino, type DestinationStream } from 'pino';
import { allowed, shownError } from './log-fields.js';

/** What a worker and the HTTP routes say. The words are these; a line carries no other text. */
export const EVENTS = {
  'worker.started': 'the worker has started',
  'worker.stopping': 'asked to stop: the batch that runs is finished, then the worker ends',
  'worker.stopped': 'the worker has ended',
  'database.away': 'the database does not answer; trying again',
  'database.back': 'the database answers again',
  'policies.unreadable': 'the policies in force cannot be read: nothing is planned or applied until they can',
  'job.made': 'a slot has come',
  'job.moved': 'a job has moved on',
  'job.failed': 'a job could not be done',
  'plan.waiting': 'a plan waits for approval',
  'plan.withdrawn': 'a plan was withdrawn: what it rests on is no longer in force',
  'run.ended': 'a run has ended, for now or for good',
  'run.failed': 'a run was stopped by an error',
  'keys.destroyed': 'keys of deleted records were destroyed',
  'keys.pending': 'keys of deleted records could not be destroyed yet',
  'epoch.rotated': 'all keys were moved to a new epoch',
  'index.rotated':
    'people are found under a new key: the one of somebody who was found under the former was destroyed',
  'epoch.retired': 'keys of former epochs were removed',
  'epoch.due': 'epochs could not be seen to; tried again in the next round',
  'ledger.sealed': 'the ledger was sealed',
  'round.failed': 'a round was stopped by an error',
  'request.failed': 'a request could not be answered',
} as const;

export type LogEvent = keyof typeof EVENTS;

export interface Log {
  info(event: LogEvent, fields?: object): void;
  warn(event: LogEvent, fields?: object): void;
  /** Of the error its code and our own words; never what a driver said. */
  error(event: LogEvent, error: unknown, fields?: object): void;
}

/** JSON lines with an allow-list: whatever is handed in, only ids, codes, counts and instants come out. */
export function openLog(
  stream: DestinationStream,
  always: object = {},
  level: 'info' | 'error' = 'info',
): Log {
  const logger = pino(
    {
      level,
      base: null, // neither process nor host
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return logOver(logger, always);
}

/** What is written to, as pino is: also the logger of a program that Lethe is part of. */
export type Lines = Readonly<Record<'info' | 'warn' | 'error', (line: object, message: string) => void>>;

/** The same allow-list over a logger that is open already. */
export function logOver(logger: Lines, always: object = {}): Log {
  const standing = allowed(always);
  const line = (event: LogEvent, fields: object) => ({ event, ...standing, ...allowed(fields) });
  return {
    info: (event, fields = {}) => {
      logger.info(line(event, fields), EVENTS[event]);
    },
    warn: (event, fields = {}) => {
      logger.warn(line(event, fields), EVENTS[event]);
    },
    error: (event, error, fields = {}) => {
      logger.error({ ...line(event, fields), error: shownError(error) }, EVENTS[event]);
    },
  };
}

/** Says nothing. */
export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
