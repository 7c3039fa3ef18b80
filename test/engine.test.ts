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
const NO_CONSENT = { record: 'customer/1', purpose: 'dpv:DirectMarketing' };
const TRAINING = {
  actor: 'agent/7',
  content: 'health-data',
  version: '2',
  on: '2024-01-01',
  expires: '2025-01-01',
} as const;
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
  'retention.destroyKeys': ['apply', WHO],
  'holds.place': ['hold', PLACE, WHO],
  'holds.lift': ['hold', 'hold-none', 'a reason', WHO],
  'keys.rotate': ['vault', WHO],
  'keys.rotateEpoch': ['vault', WHO],
  'keys.reindex': ['vault', WHO],
  'keys.rewrapEpochs': ['vault', WHO],
  'keys.encrypt': ['vault', WHO],
  'keys.tend': ['apply', WHO],
  'access.agree': ['agree', { noWorksCouncil: 'a reason' }, WHO],
  'access.withdrawAgreement': ['agree', WHO],
  'access.log': ['watch', { record: 'ticket/1' }, WHO],
  'access.openCase': ['watch', { kind: 'security', reason: 'a reason', record: 'ticket/1' }, WHO],
  'access.confirmCase': ['watch', 'case-none', WHO],
  'access.closeCase': ['watch', 'case-none', WHO],
  'access.cases': ['watch', WHO],
  'access.reviewBreakGlass': ['review', 'glass-none', 'a finding', WHO],
  'access.glass': ['review', WHO],
  'access.release': ['release', 'ticket/1', WHO],
  'access.train': ['train', TRAINING, WHO],
  'access.revokeTraining': ['train', 'training-none', WHO],
  'consent.record': ['consent', NO_CONSENT, WHO],
  'consent.request': ['consent', NO_CONSENT, WHO],
  'consent.give': ['consent', NO_CONSENT, WHO],
  'consent.refuse': ['consent', NO_CONSENT, WHO],
  'consent.defer': ['consent', NO_CONSENT, WHO],
  'consent.renew': ['consent', NO_CONSENT, WHO],
  'consent.withdraw': ['consent', NO_CONSENT, WHO],
  'consent.revoke': ['consent', NO_CONSENT, WHO],
  'consent.invalidate': ['consent', NO_CONSENT, WHO],
  'tokens.create': ['token', {}, WHO],
  'tokens.revoke': ['token', 'token-none', WHO],
};
/** Methods that only tell, or that keep the proof in order for whoever runs a process. */
const FREE = new Set([
  'close',
  'now',
  'policiesInForce',
  'policies.inForce',
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
  // asked by people of the ticket system, whom access policies permit it or not
  'access.breakGlass',
  'access.own',
  'access.agreement',
  'access.seal',
  'access.verify',
  'recordings.openCall',
  'recordings.join',
  'recordings.leave',
  'recordings.announce',
  'recordings.consent',
  'recordings.refuse',
  'recordings.withdraw',
  'recordings.start',
  'recordings.pause',
  'recordings.resume',
  'recordings.stop',
  'recordings.tell',
  'recordings.listen',
  'recordings.store',
  'recordings.end',
  'recordings.show',
  'recordings.places',
  'consent.check',
  'consent.show',
  'consent.export',
  'consent.receipt',
  // who asks for tickets is in each call, and access policies decide
  'tickets.read',
  'tickets.attachment',
  'tickets.attachmentStream',
  'tickets.recording',
  'tickets.recordingStream',
  'tickets.list',
  'tickets.find',
  'tickets.requestProof',
  'tickets.follow',
  'tickets.open',
  'tickets.reply',
  'tickets.note',
  'tickets.attach',
  'tickets.assign',
  'tickets.forward',
  'tickets.change',
  'tickets.link',
  'tickets.flagSensitive',
  'tickets.liftSensitive',
  'tickets.redact',
  'tickets.correct',
  'tickets.state',
  'tickets.tasks',
  'tickets.draft',
  'tickets.completeTask',
  // texts about kinds of data, and no data
  'reports.processingRecord',
  'reports.privacyNotice',
  'reports.retentionSchedule',
  'reports.noticeVersion',
  'reports.showNotice',
  'reports.shownNotice',
  'tokens.list',
  'tokens.find',
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
