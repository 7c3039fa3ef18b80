import { expect } from 'chai';
import { DEEDS, ROLES, type Actors, type Deed } from '../src/core/actor.js';
import { LetheError } from '../src/core/errors.js';
import { engineOver, type Engine } from '../src/engine.js';
import {
  approver,
  closeDesks,
  hold,
  officer,
  openDesk,
  operator,
  policiesOf,
  rule,
  ticketRows,
  ticketTable,
  TICKETS,
  TODAY,
  type Desk,
} from './support/small-desk.js';

const PLACE = { ...hold, scope: { kind: 'record', record: 'ticket/1' } } as const;
const NO_DRAFTS = { drafts: { files: [], problems: [] }, policies: ['none'] };

/** Every method that acts: the deed, and what it is called with, the actor at the end or in the place of `WHO`. */
const WHO = Symbol('the actor');
const ACTS: Readonly<Record<string, readonly [Deed, ...unknown[]]>> = {
  'policies.publish': ['publish', NO_DRAFTS, WHO],
  'policies.approve': ['approve', 'version-none', WHO],
  'retention.plan': ['plan', 'old-tickets', WHO],
  'retention.planSlot': ['plan', 'old-tickets', TODAY.now(), WHO],
  'retention.approve': ['approve', 'plan-none', WHO],
  'retention.apply': ['apply', 'plan-none', WHO],
  'retention.withdraw': ['withdraw', 'plan-none', WHO],
  'holds.place': ['hold', PLACE, WHO],
  'holds.lift': ['hold', 'hold-none', 'a reason', WHO],
  'keys.rotate': ['vault', WHO],
};
/** Methods that only tell, or that keep the proof in order for whoever runs a process. */
const FREE = new Set([
  'close',
  'now',
  'policiesInForce',
  'policies.history',
  'policies.waiting',
  'policies.text',
  'policies.diff',
  'retention.items',
  'retention.status',
  'retention.unfinished',
  'retention.why',
  'retention.certificate',
  'retention.checkCertificate',
  'holds.list',
  'ledger.seal',
  'ledger.verify',
  'ledger.entries',
  'ledger.entry',
  'ledger.prove',
  'ledger.export',
  'ledger.prune',
  'ledger.pruneJournal',
  'keys.status',
]);

const NOT_NOUNS = new Set(['db', 'graph', 'clock', 'vault', 'actors']);

/** `retention.plan` …: every method a user of the library can call. */
function methodsOf(engine: Engine): readonly string[] {
  return Object.entries(engine).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === 'function') return [name];
    if (typeof value !== 'object' || value === null || NOT_NOUNS.has(name)) return [];
    return Object.keys(value).map((method) => `${name}.${method}`);
  });
}

/** The code of the error that calling the method ends with; null where it ends well. */
async function outcome(engine: Engine, path: string, args: readonly unknown[]): Promise<LetheError | null> {
  const [noun = '', method = ''] = path.split('.');
  const nouns = engine as unknown as Record<string, Record<string, (...all: unknown[]) => Promise<unknown>>>;
  try {
    await nouns[noun]?.[method]?.(...args);
    return null;
  } catch (error) {
    if (error instanceof LetheError) return error;
    throw error;
  }
}

describe('who may do what with the engine', () => {
  let desk: Desk;
  before(async () => {
    desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2])}`,
      map: { tables: { tickets: ticketTable() }, edges: [] },
    });
  });
  after(closeDesks);

  const engineFor = (actors: Actors): Engine =>
    engineOver({
      db: desk.db,
      graph: desk.graph,
      clock: TODAY,
      vault: null,
      policiesInForce: () => Promise.resolve(policiesOf(desk.graph, [rule()])),
      actors,
    });

  it('every method that acts asks for a role, and every other is known to act for nobody', () => {
    const unknown = methodsOf(engineFor(null)).filter((path) => !(path in ACTS) && !FREE.has(path));
    expect(unknown, 'add it to ACTS with its deed, or to FREE').to.deep.equal([]);
    expect(methodsOf(engineFor(null))).to.include.members(Object.keys(ACTS));
  });

  for (const [path, [deed, ...args]] of Object.entries(ACTS))
    it(`${path} is refused to whoever lacks the roles for it, and to a name that is not listed`, async () => {
      const enough: readonly string[] = DEEDS[deed];
      const lacking = ROLES.filter((role) => !enough.includes(role));
      for (const actors of [{ officer: lacking }, { somebody: ROLES }, {}]) {
        const call = args.map((arg) => (arg === WHO ? officer : arg));
        const error = await outcome(engineFor(actors), path, call);
        expect(error, JSON.stringify(actors)).to.include({ code: 'role_missing', exitCode: 3 });
        expect(error?.details['deed']).to.equal(deed);
      }
      for (const role of DEEDS[deed]) {
        const call = args.map((arg) => (arg === WHO ? { ...officer, name: ' OFFICER' } : arg));
        const error = await outcome(engineFor({ Officer: [role] }), path, call);
        expect(error?.code, role).not.to.equal('role_missing');
      }
    });

  it('a name that is not listed may read', async () => {
    const engine = engineFor({});
    expect(await engine.retention.status()).to.be.an('array');
    expect((await engine.retention.why('ticket/1')).record).to.equal('ticket/1');
    expect(await engine.holds.list()).to.be.an('array');
  });

  it('one person plans, another approves, a third applies, each with a role of their own', async () => {
    const engine = engineFor({
      officer: ['operator'],
      approver: ['data-protection-officer'],
      operator: ['operator'],
    });
    const { id } = await engine.retention.plan('old-tickets', officer);
    expect(await outcome(engine, 'retention.approve', [id, operator])).to.include({ code: 'role_missing' });
    await engine.retention.approve(id, approver);
    expect(await outcome(engine, 'retention.apply', [id, approver])).to.include({ code: 'role_missing' });
    expect((await engine.retention.apply(id, operator)).state).to.equal('done');
  });
});
