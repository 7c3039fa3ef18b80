import type { Command } from 'commander';
import { unreviewedGlass } from '../access/break-glass.js';
import { overdueHolds } from '../disposal/hold.js';
import type { Config } from '../config.js';
import { LetheError } from '../core/errors.js';
import { installedKeys } from '../doctor/installed-keys.js';
import type { Engine } from '../engine.js';
import { keyNotices } from '../jobs/key-notices.js';
import { notices, type Notice } from '../jobs/schedule-status.js';
import { withEngine, type Session } from './session.js';

/** `lethe status` */
export function statusCommand(program: Command): void {
  program
    .command('status')
    .description(
      'what did not start, did not finish, waits, or is going on; exit code 1 when something needs a hand',
    )
    .action((_options, command: Command) => status(command));
}

type Told = Omit<Notice, 'kind' | 'policy'> & { readonly kind: string; readonly policy?: string };

/** Keys that are missing or refused are told with the rest, so they do not keep it from starting. */
const status = (command: Command): Promise<void> => withEngine(command, tell, { isLookingAtKeys: true });

async function tell({ engine, config, out }: Session): Promise<void> {
  const told = [
    ...(await notices(engine)),
    ...(await holdNotices(engine)),
    ...(await glassNotices(engine)),
    ...(await keyNoticesOf(engine, config)),
  ];
  const [findings, notes] = [
    told.filter(({ isTrouble }) => isTrouble),
    told.filter(({ isTrouble }) => !isTrouble),
  ];
  out.result({ ok: findings.length === 0, findings: findings.map(document), notes: notes.map(document) }, [
    ...findings.map((one) => `! ${line(one)}`),
    ...notes.map(line),
    ...(findings.length === 0 ? ['Every run finished, and nothing waits for its review.'] : []),
  ]);
  if (findings.length > 0) process.exitCode = 1;
}

const document = ({ kind, id, policy, message }: Told): object => ({ kind, id, policy, problem: message });

const line = ({ kind, id, policy, message }: Told): string =>
  [id, policy === undefined || policy === id ? kind : `${kind} of ${policy}`, message].join('  ');

async function holdNotices({ db, clock }: Engine): Promise<readonly Told[]> {
  return (await overdueHolds(db, clock.now())).map((id) => ({
    kind: 'hold',
    id,
    message: 'its review is overdue',
    isTrouble: true,
  }));
}

/** What was broken stays here until somebody else has reviewed it. */
async function glassNotices({ db }: Engine): Promise<readonly Told[]> {
  return (await unreviewedGlass(db)).map(({ id, grantedAt }) => ({
    kind: 'glass',
    id,
    message: `broken on ${grantedAt.slice(0, 10)}, not reviewed`,
    isTrouble: true,
  }));
}

async function keyNoticesOf({ db, clock }: Engine, config: Config): Promise<readonly Told[]> {
  const keys = await installedKeys(config, clock);
  try {
    return await keyNotices({ db, keys });
  } finally {
    if (keys && !(keys instanceof LetheError)) await keys.close();
  }
}
