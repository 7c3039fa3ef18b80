import { expect } from 'chai';
import { withRoles } from '../../src/core/actor.js';
import { replay } from '../../src/disposal/replay.js';
import { POLICY_KINDS } from '../../src/policy/policy.js';
import { policiesByKind } from '../../src/publication/policies-in-force.js';
import { publishDrafts, publishInitial } from '../../src/publication/publish.js';
import { backUp, closeRestored, context, restored } from '../support/restore.js';
import {
  floor,
  mapOf,
  officer,
  openDesk,
  operator,
  refusal,
  rule,
  TICKETS,
  TODAY,
  type Json,
} from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';
import { access, activity, aim, consent, intake, organisation, PERSONAL_MAP } from './kinds.js';
import {
  closePublishingDesks,
  day,
  dpo,
  draftsOf,
  owner,
  publishingDesk,
  type PublishingDesk,
} from './publishing-desk.js';

const ALL: readonly Json[] = [organisation(), activity(), access(), consent(), intake(), rule()];

/** `kind id`, of what is in force. */
async function inForce({ lethe }: PublishingDesk, at?: string): Promise<readonly string[]> {
  const policies = await lethe.policies.inForce(at === undefined ? undefined : day(at));
  return POLICY_KINDS.flatMap((kind) => policies[kind].map(({ id }) => `${kind} ${id}`)).sort();
}
const EVERYTHING = [
  'access agents',
  'activity support',
  'consent offers',
  'intake web',
  'organisation desk',
  'retention old-tickets',
];

const roles = async ({ lethe }: PublishingDesk, at?: string): Promise<readonly string[]> =>
  (await lethe.policies.inForce(at === undefined ? undefined : day(at))).access.flatMap(
    ({ entry }) => entry.roles,
  );

describe('versions of every kind of policy', () => {
  afterEach(async () => {
    await closeRestored();
    await closePublishingDesks();
  });

  it('the first of an installation are in force at once, each as its kind, and retention goes by its own alone', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    await desk.init(...ALL);
    expect(await inForce(desk)).to.deep.equal(EVERYTHING);
    expect((await desk.lethe.policiesInForce()).map(({ id }) => id)).to.deep.equal(['old-tickets']);
    const kinds = await desk.admin(
      'select p.kind, v.kind as of, p.policy from lethe.publication p join lethe.version v using (digest) order by 1',
    );
    expect(
      kinds.map(({ kind, of, policy }) => [kind === of, `${String(kind)} ${String(policy)}`]),
    ).to.deep.equal(EVERYTHING.map((line) => [true, line]));
    expect(await desk.init(access({ id: 'others' })), 'there is a history').to.equal(null);
  });

  it('an activity about the ticket system is a history: what permits access after it waits', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    const own = activity({ id: 'own', records: ['lethe-plan'], categories: ['user'] });
    await desk.init(organisation(), own);
    expect(await desk.init(organisation(), own, activity())).to.deep.equal(['support']);
    expect(await desk.init(access())).to.equal(null);
  });

  it('after that, what lets more happen waits, and what lets less happen does not', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    await desk.init(...ALL);
    const { outcomes } = await desk.publish(
      organisation({ title: 'Another' }),
      activity({ says: { en: 'In other words.' } }),
      access({ roles: ['agent', 'lead'] }),
      consent({ validFor: 'P3Y' }),
      intake({ fields: {} }),
      rule(),
    );
    expect(outcomes.map(({ policy, version }) => `${policy} ${version.state.is}`)).to.deep.equal([
      'desk inForce',
      'support inForce',
      'agents waiting',
      'offers waiting',
      'web inForce',
      'old-tickets inForce',
    ]);
    const waiting = await desk.lethe.policies.waiting();
    expect(waiting.map(({ kind, because }) => [kind, because])).to.deep.equal([
      ['access', ['roles: lead may use it from now on']],
      ['consent', ['validFor: P2Y → P3Y, consent is good for longer']],
    ]);
    for (const { id } of waiting) await desk.lethe.policies.approve(id, dpo);
    expect(await roles(desk)).to.deep.equal(['agent']);
    desk.turnTo('2024-01-09');
    expect(await roles(desk)).to.deep.equal(['agent', 'lead']);
  });

  it('as of an instant that has passed, nothing published or approved since counts', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    await desk.init(...ALL);
    desk.turnTo('2024-02-01');
    const { outcomes } = await desk.publish(access({ roles: ['lead'] }));
    await desk.lethe.policies.publish({ drafts: draftsOf(), remove: ['web'] }, owner);
    desk.turnTo('2024-02-20');
    await desk.lethe.policies.approve(outcomes[0]?.version.id ?? '', dpo);
    desk.turnTo('2024-03-01');
    await desk.publish(access({ roles: ['lead'], may: ['read'] }));
    expect(await roles(desk)).to.deep.equal(['lead']);
    expect(await inForce(desk)).not.to.include('intake web');
    expect(await roles(desk, '2024-02-19'), 'cooled, and not approved yet').to.deep.equal(['agent']);
    expect(await roles(desk, '2024-02-20')).to.deep.equal(['lead']);
    expect((await desk.lethe.policies.inForce(day('2024-02-20'))).access[0]?.entry.may).to.have.length(2);
    expect(await inForce(desk, '2024-01-31')).to.deep.equal(EVERYTHING);
    expect(await inForce(desk, '2024-01-01'), 'before the first').to.deep.equal([]);
  });

  it('an id keeps its kind, also after its removal', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    await desk.init(...ALL);
    const other = access({ id: 'old-tickets' });
    const error = await refusal(desk.publish(other), 'policy_invalid');
    expect(error.message).to.equal(
      'policies/old-tickets.json: kind: "old-tickets" is published as a policy of kind retention, and an id keeps its kind; give the access policy another id',
    );
    await desk.lethe.policies.publish({ drafts: draftsOf(), remove: ['agents'] }, owner);
    expect(await inForce(desk)).not.to.include('access agents');
    await refusal(desk.publish(intake({ id: 'agents' })), 'policy_invalid');
    expect(await desk.lethe.policies.history()).to.have.length(7);
  });

  it('the stricter of two versions says who approves, and another id does not shake them off', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    const approval = { approvers: 2, assurance: 'asserted' };
    await desk.init(...ALL.filter(({ kind }) => kind !== 'access'), access({ approval }));
    const fewer = await desk.publish(access());
    expect(fewer.outcomes[0]?.version).to.include({ approvers: 2, change: 'takesMore' });
    const { outcomes } = await desk.publish(
      access({ id: 'others' }),
      access({ id: 'notes', record: 'note' }),
    );
    expect(outcomes.map(({ version }) => version.approvers)).to.deep.equal([2, 1]);
  });

  it('a removal of what permits needs no version that the map can read', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    await desk.init(
      ...ALL.filter(({ kind }) => kind !== 'intake'),
      access({ id: 'all', masks: { email: 'last4' } }),
    );
    const poorer = desk.other({ graph: mapOf({ ...PERSONAL_MAP, tables: NO_EMAIL }) });
    await refusal(poorer.policies.inForce(), 'version_unreadable');
    const { outcomes } = await poorer.policies.publish({ drafts: draftsOf(), remove: ['all'] }, owner);
    expect(outcomes[0]?.version.state.is).to.equal('removed');
    expect((await poorer.policies.inForce()).access.map(({ id }) => id)).to.deep.equal(['agents']);
    expect(await poorer.policiesInForce()).to.have.length(1);
  });

  it('the difference of a kind that takes no records is told in words, and nothing of it is stored', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    await desk.admin(
      `alter table shop.tickets add subject text, add email text, add phone text, add illness text;
       create table shop.notes (id bigint primary key, body text)`,
    );
    await desk.init(...ALL);
    const wider = access({ roles: ['agent', 'lead'] });
    const drafts = draftsOf(wider, intake({ fields: {} }), consent(), activity(), organisation(), rule());
    const { policies, others } = await desk.lethe.policies.diff({ drafts });
    expect(policies).to.deep.equal([]);
    expect(
      others.map(({ policy, kind, change, publishing }) => [policy, kind, change, publishing]),
    ).to.deep.equal([
      [
        ...['agents', 'access', 'changed'],
        { waits: true, because: ['roles: lead may use it from now on'], published: null },
      ],
      ['web', 'intake', 'changed', { waits: false, because: [], published: null }],
    ]);
    expect(others[0]?.keys).to.deep.equal([{ path: 'roles', from: ['agent'], to: ['agent', 'lead'] }]);
    const gone = await desk.lethe.policies.diff({ drafts: draftsOf(), remove: ['offers', 'old-tickets'] });
    expect(gone.others.map(({ policy, change }) => `${policy} ${change}`)).to.deep.equal(['offers removed']);
    expect(gone.policies.map(({ policy, change }) => `${policy} ${change}`)).to.deep.equal([
      'old-tickets removed',
    ]);
    const otherwise = activity({ purposes: [aim(), aim({ purpose: 'dpv:DirectMarketing' })] });
    expect(
      (await desk.lethe.policies.diff({ drafts: draftsOf(otherwise) })).others[0]?.publishing?.waits,
    ).to.equal(true);
    expect(await desk.lethe.policies.history()).to.have.length(6);
  });

  it('the journal keeps the kind, and a restored database has it again', async () => {
    const desk = await openDesk({ ddl: TICKETS, map: PERSONAL_MAP });
    const vault = vaultOf(desk.url);
    const publishing = { ...desk, now: TODAY.now(), cooling: 'P7D', vault };
    const olga = withRoles(null, officer);
    await publishInitial(publishing, draftsOf(...ALL), olga);
    const name = await backUp(desk);
    const drafts = draftsOf(access({ may: ['read'] }), consent({ validFor: 'P1Y' }), floor());
    await publishDrafts(publishing, { drafts }, olga);
    await publishDrafts(publishing, { drafts, remove: ['web'] }, olga);
    const yesterday = await restored(desk, name);
    const parts = context(yesterday, desk, name);
    expect(await replay(parts, operator)).to.include({ acts: 4, versionsPublished: 4 });
    const policies = await policiesByKind(parts.db, parts.graph, TODAY.now());
    expect(policies.access[0]?.entry.may).to.deep.equal(['read']);
    expect(policies.consent[0]?.entry.validFor).to.equal('P1Y');
    expect(policies.intake).to.deep.equal([]);
    expect(policies.retention.map(({ id }) => id)).to.deep.equal(['must-keep', 'old-tickets']);
    const acts = (await vault.acts(0)).acts.map(({ act }) => act);
    expect(acts.map((act) => (act.kind === 'policy.published' ? act.of : act.kind))).to.deep.equal([
      ...ALL.map(({ kind }) => kind),
      ...['access', 'consent', 'retention', 'intake'],
    ]);
  });

  it('the ledger says what kind was published, and names nobody', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    await desk.init(...ALL);
    await desk.publish(access({ purposes: ['dpv:CustomerCare', 'dpv:EnforceSecurity'] }));
    const entries = await desk.admin<{ body: string }>(
      `select body from lethe.ledger_entry where kind = 'policy.published' order by at, body`,
    );
    const told = entries.map(({ body }) => JSON.parse(body) as { about: { of: string; change: string } });
    expect(told.map(({ about }) => `${about.of} ${about.change}`)).to.have.members([
      ...ALL.map(({ kind }) => `${String(kind)} initial`),
      'access takesMore',
    ]);
    for (const { body } of entries) expect(body).not.to.include('Olga');
  });
});

describe('a purpose that people were asked to consent to', () => {
  afterEach(closePublishingDesks);
  const MARKETING = 'dpv:DirectMarketing';
  const offers = (basis: string, changes: Json = {}): Json =>
    activity({ id: 'offers', purposes: [aim({ purpose: MARKETING, basis })], ...changes });
  const interest = { interest: { en: 'to sell' } };
  const byInterest = (changes: Json = {}): Json =>
    activity({
      id: 'offers',
      purposes: [aim({ purpose: MARKETING, basis: 'eu-gdpr:A6-1-f', ...interest })],
      ...changes,
    });

  it('rests on nothing else later, whatever was published between, and the error names it and both bases', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    await desk.init(organisation(), offers('eu-gdpr:A6-1-a'));
    const error = await refusal(desk.publish(byInterest()), 'policy_invalid');
    expect(error.message)
      .to.match(/^policies\/offers\.json: purposes\[0\]\.basis: "dpv:DirectMarketing" rested on consent/)
      .and.to.include('eu-gdpr:A6-1-a')
      .and.to.include('eu-gdpr:A6-1-f')
      .and.to.include('withdrawing consent never permits changing the basis');
    await desk.publish(offers('eu-gdpr:A6-1-a', { purposes: [aim()], title: 'Between' }));
    await refusal(desk.publish(byInterest()), 'policy_invalid');
    await desk.lethe.policies.publish({ drafts: draftsOf(), remove: ['offers'] }, owner);
    await refusal(desk.publish(byInterest()), 'policy_invalid');
    await refusal(desk.publish(byInterest({ id: 'elsewhere' })), 'policy_invalid');
    await desk.publish(offers('eu-gdpr:A6-1-a-explicit-consent'));
  });

  it('keeps its consent where another activity rests on something else', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    const elsewhere = byInterest({ id: 'elsewhere' });
    await desk.init(organisation(), offers('eu-gdpr:A6-1-a'), elsewhere);
    await desk.publish({ ...elsewhere, title: 'In other words' });
    const remove = (...policies: readonly string[]) =>
      desk.lethe.policies.publish({ drafts: draftsOf(), remove: policies }, owner);
    expect((await refusal(remove('offers'), 'policy_invalid')).message).to.match(
      /^elsewhere \(version-\w+\): purposes\[0\]\.basis/,
    );
    await refusal(desk.publish(offers('eu-gdpr:A6-1-a', { purposes: [aim()] })), 'policy_invalid');
    await remove('offers', 'elsewhere');
  });

  it('the same goes for explicit consent to special categories', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    const health = (specialGround: string): Json => activity({ purposes: [aim({ specialGround })] });
    await desk.init(organisation(), health('eu-gdpr:A9-2-a'));
    const error = await refusal(desk.publish(health('eu-gdpr:A9-2-f')), 'policy_invalid');
    expect(error.message).to.include('purposes[0].specialGround');
    expect((await desk.publish(activity())).outcomes[0]?.version.change).to.equal('keeps');
  });

  it('a version that never came into force asked nobody', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    await desk.init(organisation(), byInterest());
    await desk.publish(offers('eu-gdpr:A6-1-a'));
    await desk.publish(byInterest());
    expect(await desk.lethe.policies.waiting()).to.deep.equal([]);
  });

  it('a wording that was shown keeps its text; another is another version, and a language may be added', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    await desk.init(organisation(), activity(), consent());
    const wording = (version: string, says: Json): Json => consent({ wording: { version, says } });
    const error = await refusal(desk.publish(wording('1', { en: 'May we not?' })), 'policy_invalid');
    expect(error.message).to.equal(
      'policies/offers.json: wording.says.en: people were shown another text as version "1"; give this one another "version"',
    );
    await desk.publish(wording('1', { en: 'May we?', de: 'Dürfen wir?' }));
    await desk.publish(wording('2', { en: 'May we not?' }));
    await refusal(desk.publish(wording('1', { de: 'Dürften wir?' })), 'policy_invalid');
  });
});

const NO_EMAIL = {
  ...(PERSONAL_MAP['tables'] as Json),
  tickets: {
    ...((PERSONAL_MAP['tables'] as Json)['tickets'] as Json),
    columns: {
      closed_at: { type: 'timestamptz' },
      status: { type: 'text' },
      subject: { type: 'text', category: 'user.content' },
    },
  },
};
