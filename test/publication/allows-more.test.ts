import { expect } from 'chai';
import type { PolicyKind } from '../../src/policy/policy.js';
import { allowsMore, type AnyStep, type ComparedKind } from '../../src/publication/allows-more.js';
import type { Json } from '../support/small-desk.js';
import { access, activity, aim, asked, consent, intake, organisation, personalMap, read } from './kinds.js';

const graph = personalMap();
const reasons = (kind: ComparedKind, before: Json | null, after: Json | null): readonly string[] =>
  allowsMore(kind, {
    before: before && read(graph, before),
    after: after && read(graph, after),
    others: [],
  });

/** From the first to the second, and the beginning of each reason. */
type Row = readonly [what: string, before: Json | null, after: Json | null, because: readonly string[]];
const says = { en: 'Otherwise.' };
const OPEN = { fact: 'status', operator: 'equal', value: 'open' };
const OPEN_OR_NEW = { fact: 'status', operator: 'in', value: ['open', 'new'] };
const approval = { approvers: 2, assurance: 'asserted' };
const training = { content: 'health', version: '2' };

const ACCESS: readonly Row[] = [
  ['a first version', null, access(), ['it is the first version']],
  ['a removal', access(), null, []],
  ['another title', access(), access({ title: 'Others', review: '2030-01-01' }), []],
  ['another role', access(), access({ roles: ['agent', 'lead'] }), ['roles: lead']],
  ['a role less', access({ roles: ['agent', 'lead'] }), access(), []],
  [
    'another purpose',
    access(),
    access({ purposes: ['dpv:EnforceSecurity'] }),
    ['purposes: dpv:EnforceSecurity'],
  ],
  ['another deed', access(), access({ may: ['read', 'reply'] }), ['may: reply']],
  ['a deed less', access(), access({ may: ['list'] }), []],
  ['another record', access(), access({ record: 'note' }), ['record: ticket → note']],
  ['a condition', access(), access({ when: OPEN }), []],
  ['no condition any more', access({ when: OPEN }), access(), ['when: ']],
  ['a wider condition', access({ when: OPEN }), access({ when: OPEN_OR_NEW }), ['when: ']],
  ['a narrower condition', access({ when: OPEN_OR_NEW }), access({ when: OPEN }), []],
  ['not only their own', access({ assigned: 'self' }), access(), ['assigned: ']],
  ['only their own', access(), access({ assigned: 'self' }), []],
  ['not only about themselves', access({ subject: 'self' }), access(), ['subject: ']],
  ['only about themselves', access(), access({ subject: 'self' }), []],
  ['without breaking the glass', access({ breakGlass: true }), access(), ['breakGlass: ']],
  ['only by breaking the glass', access(), access({ breakGlass: true }), []],
  ['a mask', access(), access({ masks: { email: 'domainOnly' } }), []],
  [
    'no mask any more',
    access({ masks: { email: 'hidden' } }),
    access(),
    ['masks.email: is no longer masked'],
  ],
  [
    'a weaker mask',
    access({ masks: { email: 'hidden', phone: 'last4' } }),
    access({ masks: { email: 'domainOnly', phone: 'hidden' } }),
    ['masks.email: hidden → domainOnly may show more'],
  ],
  [
    'a mask that shows another part',
    access({ masks: { email: 'last4' } }),
    access({ masks: { email: 'domainOnly' } }),
    ['masks.email'],
  ],
  [
    'categories named',
    access(),
    access({ categories: ['user.content'] }),
    ['categories: user.content shown'],
  ],
  ['categories no longer named', access({ categories: ['user.content'] }), access(), []],
  [
    'a wider category',
    access({ categories: ['user.contact.email'] }),
    access({ categories: ['user.contact'] }),
    ['categories: user.contact shown'],
  ],
  [
    'a narrower category',
    access({ categories: ['user.contact'] }),
    access({ categories: ['user.contact.email'] }),
    [],
  ],
  ['a ground of Art. 9', access(), access({ specialGround: 'eu-gdpr:A9-2-f' }), ['specialGround: ']],
  [
    'another ground',
    access({ specialGround: 'eu-gdpr:A9-2-f' }),
    access({ specialGround: 'eu-gdpr:A9-2-h' }),
    ['specialGround: '],
  ],
  ['no ground any more', access({ specialGround: 'eu-gdpr:A9-2-f' }), access(), []],
  ['a training', access(), access({ training }), []],
  ['no training any more', access({ training }), access(), ['training: ']],
  [
    'another version of it',
    access({ training }),
    access({ training: { ...training, version: '1' } }),
    ['training: '],
  ],
  ['fewer approvers', access({ approval }), access(), ['approval.approvers: 2 → 1']],
];

const CONSENT: readonly Row[] = [
  ['a first version', null, consent(), []],
  ['a removal', consent(), null, ['it is removed']],
  ['another wording', consent(), consent({ wording: { version: '2', says } }), []],
  ['consent for longer', consent(), consent({ validFor: 'P3Y' }), ['validFor: P2Y → P3Y']],
  ['consent for less long', consent(), consent({ validFor: 'P23M' }), []],
  ['no longer explicit', consent({ explicit: true }), consent(), ['explicit: ']],
  ['explicit', consent(), consent({ explicit: true }), []],
  [
    'a weaker method',
    consent(),
    consent({ methods: ['written', 'checkbox'] }),
    ['methods: it may be given by checkbox'],
  ],
  [
    'a stronger method',
    consent({ methods: ['checkbox'] }),
    consent({ methods: ['checkbox', 'written'] }),
    [],
  ],
  [
    'another channel',
    consent(),
    consent({ channels: ['web', 'phone'] }),
    ['channels: it is asked for by phone'],
  ],
  ['an age', consent(), consent({ age: { otherwise: 16 } }), []],
  ['no age any more', consent({ age: { otherwise: 16 } }), consent(), ['age: ']],
  [
    'a lower age',
    consent({ age: { otherwise: 16 } }),
    consent({ age: { otherwise: 14 } }),
    ['age.otherwise: 16 → 14'],
  ],
  [
    'a lower age in one place',
    consent({ age: { otherwise: 16, places: { FR: 15 } } }),
    consent({ age: { otherwise: 16, places: { FR: 16, AT: 14 } } }),
    ['age.places.AT: 16 → 14'],
  ],
  [
    'a place whose higher age is no longer named',
    consent({ age: { otherwise: 13, places: { DE: 16 } } }),
    consent({ age: { otherwise: 13 } }),
    ['age.places.DE: 16 → 13'],
  ],
  ['employees', consent(), consent({ employees: { voluntary: 'a raffle' } }), ['employees: ']],
  ['for recording', consent(), consent({ for: 'recording' }), ['for: processing → recording']],
  ['another activity', consent(), consent({ activity: 'other' }), ['activity: support → other']],
];

const field = (use: unknown, others = 'refuse'): Json => intake({ fields: { 'ticket.email': use }, others });
const INTAKE: readonly Row[] = [
  ['a first version', null, intake(), ['it is the first version']],
  ['a removal', intake(), null, []],
  ['another reason', intake(), intake({ reason: 'otherwise' }), []],
  ['others dropped that were refused', field('take'), field('take', 'drop'), []],
  ['dropped → taken', field('drop'), field('take'), ['fields.ticket.email: drop → take']],
  [
    'refused → masked',
    field('refuse'),
    field({ mask: 'last4' }),
    ['fields.ticket.email: refuse → mask last4'],
  ],
  ['refused → dropped', field('refuse'), field('drop'), []],
  [
    'masked → required',
    field({ mask: 'hidden' }),
    field('require'),
    ['fields.ticket.email: mask hidden → require'],
  ],
  ['taken → required', field('take'), field('require'), ['fields.ticket.email: take → require']],
  ['required → masked', field('require'), field({ mask: 'last4' }), []],
  [
    'a weaker mask',
    field({ mask: 'hidden' }),
    field({ mask: 'last4' }),
    ['fields.ticket.email: mask hidden → mask last4'],
  ],
  ['a stronger mask', field({ mask: 'last4' }), field({ mask: 'hidden' }), []],
  [
    'a field that was not listed',
    intake({ fields: {} }),
    field('take'),
    ['fields.ticket.email: refuse → take'],
  ],
  ['a field that is no longer listed', field('take'), intake({ fields: {} }), []],
  ['another channel', intake(), intake({ channel: 'chat' }), ['channel: web → chat']],
  ['another purpose', intake(), intake({ purpose: 'dpv:Marketing' }), ['purpose: ']],
];

const recipient = (changes: Json = {}): Json => ({
  ...{ id: 'host', name: 'Host AG', role: 'processor', country: 'DE', categories: ['user.content'], says },
  ...changes,
});
const transfer = { recipient: 'host', country: 'US', safeguard: 'standard-clauses', says };
const withHost = (changes: Json = {}): Json => activity({ recipients: [recipient(changes)] });
const wider = { categories: ['user.content', 'user.contact'] };
const ACTIVITY: readonly Row[] = [
  ['a first version', null, activity(), ['it is the first version']],
  ['a removal', activity(), null, []],
  [
    'prose',
    activity(),
    activity({ says, title: 'Help', measures: ['a safe'], purposes: [aim({ says })] }),
    [],
  ],
  [
    'another purpose',
    activity(),
    activity({ purposes: [aim(), asked()] }),
    ['purposes: dpv:DirectMarketing is new'],
  ],
  ['a purpose less', activity({ purposes: [aim(), asked()] }), activity(), []],
  [
    'another basis',
    activity(),
    activity({ purposes: [aim({ basis: 'eu-gdpr:A6-1-a' })] }),
    ['purposes: dpv:CustomerCare rests on eu-gdpr:A6-1-a'],
  ],
  [
    'a special ground',
    activity(),
    activity({ purposes: [aim({ specialGround: 'eu-gdpr:A9-2-f' })] }),
    ['purposes: dpv:CustomerCare processes special'],
  ],
  ['another category', activity(), activity({ categories: ['user'] }), ['categories: user are new']],
  [
    'a category below',
    activity({ categories: ['user.contact'] }),
    activity({ categories: ['user.contact.email'] }),
    [],
  ],
  ['named records', activity(), activity({ records: ['ticket'] }), []],
  ['all records', activity({ records: ['ticket'] }), activity(), ['records: all records']],
  [
    'another record',
    activity({ records: ['ticket'] }),
    activity({ records: ['ticket', 'note'] }),
    ['records: note are new'],
  ],
  [
    'fewer records, on consent',
    activity({ purposes: [asked()], records: ['ticket', 'note'] }),
    activity({ purposes: [asked()], records: ['ticket'] }),
    ['records: it rests on consent, no longer for note'],
  ],
  [
    'named records, on consent',
    activity({ purposes: [asked()] }),
    activity({ purposes: [asked()], records: ['ticket'] }),
    ['records: it rests on consent'],
  ],
  ['a recipient', activity(), withHost(), ['recipients: host is new']],
  ['a recipient less', withHost(), activity(), []],
  [
    'a recipient under another name',
    withHost(),
    withHost({ name: 'Other AG' }),
    ['recipients: host is somebody else'],
  ],
  ['a recipient elsewhere', withHost(), withHost({ country: 'US' }), ['recipients: host is in US']],
  [
    'a recipient that gets everything',
    activity({ ...wider, recipients: [recipient()] }),
    activity({ ...wider, recipients: [recipient({ categories: undefined })] }),
    ['recipients: host gets user.contact'],
  ],
  [
    'a transfer',
    withHost(),
    activity({ recipients: [recipient()], transfers: [transfer] }),
    ['transfers: to host in US is new'],
  ],
  [
    'another safeguard',
    activity({ recipients: [recipient()], transfers: [transfer] }),
    activity({ recipients: [recipient()], transfers: [{ ...transfer, safeguard: 'derogation' }] }),
    ['transfers: to host in US rests on derogation'],
  ],
  ['other people', activity(), activity({ subjects: ['customer', 'minor'] }), ['subjects: minor are new']],
  [
    'fewer notices',
    activity(),
    activity({ channels: ['web', 'chat'] }),
    ['channels: the notice by e-mail, phone no longer'],
  ],
  ['another organisation', activity(), activity({ organisation: 'other' }), ['organisation: desk → other']],
  ['automated decisions', activity(), activity({ automatedDecision: { says } }), ['automatedDecision: ']],
];

const ORGANISATION: readonly Row[] = [
  ['a first version', null, organisation(), []],
  ['another name', organisation(), organisation({ title: 'Another' }), []],
  ['fewer approvers', organisation({ approval }), organisation(), ['approval.approvers: 2 → 1']],
];

const TABLES: Readonly<Record<Exclude<PolicyKind, 'retention'>, readonly Row[]>> = {
  access: ACCESS,
  consent: CONSENT,
  intake: INTAKE,
  activity: ACTIVITY,
  organisation: ORGANISATION,
};

describe('what one version of a policy lets happen more than another', () => {
  for (const [kind, rows] of Object.entries(TABLES) as [ComparedKind, readonly Row[]][])
    for (const [what, before, after, because] of rows)
      it(`${kind}: ${what} ${because.length === 0 ? 'is in force at once' : 'waits'}`, () => {
        const told = reasons(kind, clean(before), clean(after));
        expect(told, told.join('\n')).to.have.length(because.length);
        for (const [at, beginning] of because.entries()) expect(told[at]).to.match(startsWith(beginning));
        expect(reasons(kind, clean(after), clean(after)), 'the same again').to.deep.equal([]);
      });

  it('an intake policy that goes leaves it to another of its channel and purpose, of which the strictest counted', () => {
    const other = (changes: Json) => ({
      id: 'other',
      policy: read(graph, intake({ id: 'other', ...changes })),
    });
    const going = (...others: AnyStep['others']) =>
      allowsMore('intake', { before: read(graph, intake()), after: null, others });
    expect(going(other({ channel: 'chat' }), other({ purpose: 'dpv:Marketing' }))).to.deep.equal([]);
    expect(going(other({}))).to.deep.equal(['"other" may take in by web what this one drops or refuses']);
    expect(going({ id: 'other', policy: null })).to.have.length(1);
  });
});

/** As it would be in a file: what is undefined is not there. */
const clean = (content: Json | null): Json | null => JSON.parse(JSON.stringify(content)) as Json | null;

const startsWith = (text: string): RegExp => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`);
