import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Database } from '../db/database.js';
import type { Brake, BrakeVerdict } from '../disposal/brake.js';
import { Pace } from './pace.js';
import { lockWaits, replicationLag } from './pressure.js';
import { opensAt, type Window } from '../core/window.js';

/** `worker` of lethe.json. */
export interface BrakeSettings {
  readonly window?: Window | undefined;
  readonly rowsPerSecond?: number | undefined;
  readonly replicationLagSeconds?: number | undefined;
  readonly lockWaits?: number | undefined;
}

/** What the brakes go by; what nobody asked for was not looked at. */
export interface Pressure {
  /** When the window opens; null: it is open. */
  readonly opens: ReturnType<typeof opensAt>;
  readonly paceMs: number;
  readonly lagSeconds: number;
  readonly lockWaits: number;
}

/** Lag and lock waits are looked at again after so long. */
const LOOK_AGAIN_MS = 1_000;
const LAG_PAUSE_MS = 5_000;

/** The one that lasts longest speaks. */
export function verdictOf(settings: BrakeSettings, pressure: Pressure): BrakeVerdict {
  const { opens, paceMs, lagSeconds } = pressure;
  if (opens !== null) return { kind: 'rest', until: opens, because: 'window' };
  if (lagSeconds > (settings.replicationLagSeconds ?? Infinity))
    return { kind: 'wait', ms: LAG_PAUSE_MS, because: 'replicationLagSeconds' };
  if (paceMs > 0) return { kind: 'wait', ms: paceMs, because: 'rowsPerSecond' };
  if (pressure.lockWaits > (settings.lockWaits ?? Infinity))
    return { kind: 'wait', ms: LOOK_AGAIN_MS, because: 'lockWaits' };
  return { kind: 'go' };
}

/** The brakes of lethe.json for all runs of this process; undefined when none is set. */
export function brakesOf(db: Database, clock: Clock, settings: BrakeSettings): Brake | undefined {
  if (Object.values(settings).every((setting) => setting === undefined)) return undefined;
  const pace = settings.rowsPerSecond === undefined ? null : new Pace(settings.rowsPerSecond);
  const look = lookout(db, settings);
  return {
    spent: (rows) => pace?.spent(rows),
    ask: async () => {
      const opens = settings.window ? opensAt(settings.window, clock.now()) : null;
      const paceMs = pace?.wait(performance.now()) ?? 0;
      const seen = opens === null && paceMs === 0 ? await look() : NOTHING;
      const verdict = verdictOf(settings, { opens, paceMs, ...seen });
      if (verdict.kind === 'go') pace?.begin(performance.now());
      return verdict;
    },
  };
}

/** For a person who applies a plan now: no window, whatever else is set. */
export const brakesOfPerson = (db: Database, clock: Clock, settings: BrakeSettings): Brake | undefined =>
  brakesOf(db, clock, { ...settings, window: undefined });

const NOTHING = { lagSeconds: 0, lockWaits: 0 };

/** Looks at the server, at most once a second while nothing is wrong. */
function lookout(
  db: Database,
  settings: BrakeSettings,
): () => Promise<Pick<Pressure, 'lagSeconds' | 'lockWaits'>> {
  let clearUntil = 0;
  // the embedded database has no replicas and no other sessions
  if (db.kind === 'embedded') return () => Promise.resolve(NOTHING);
  return async () => {
    if (performance.now() < clearUntil) return NOTHING;
    const seen = {
      lagSeconds: settings.replicationLagSeconds === undefined ? 0 : await lagOf(db),
      lockWaits: settings.lockWaits === undefined ? 0 : await lockWaits(db),
    };
    const clear = verdictOf(settings, { opens: null, paceMs: 0, ...seen }).kind === 'go';
    clearUntil = clear ? performance.now() + LOOK_AGAIN_MS : 0;
    return seen;
  };
}

/** Closed by default: who cannot see how far replicas are behind does not go on as if they were not. */
async function lagOf(db: Database): Promise<number> {
  const lag = await replicationLag(db);
  if (lag === null)
    throw new LetheError('brake_blind', {
      setting: 'replicationLagSeconds',
      why: 'how far replicas are behind is hidden from it (it takes pg_monitor)',
    });
  return lag;
}
