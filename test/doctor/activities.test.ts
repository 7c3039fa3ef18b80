import { expect } from 'chai';
import type { Finding } from '../../src/datamap/finding.js';
import { activityCoverage } from '../../src/doctor/activities.js';
import { byKind } from '../../src/policy/policy.js';
import {
  access,
  activity,
  aim,
  asked,
  consent,
  intake,
  organisation,
  personalMap,
  read,
} from '../publication/kinds.js';
import { rule, type Json } from '../support/small-desk.js';

const graph = personalMap();
const found = (...files: readonly Json[]): readonly Finding[] =>
  activityCoverage(graph, byKind(files.map((file) => read(graph, file))));
const lines = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ severity, code, thing }) => `${severity} ${code} ${thing}`);

/** Everything of the map, all that is asked for. */
const whole = activity({
  categories: ['user'],
  purposes: [aim({ specialGround: 'eu-gdpr:A9-2-f' }), asked()],
});
const SET = [organisation(), whole, consent(), access(), intake(), rule()];
const without = (kind: string): readonly Json[] => SET.filter((file) => file['kind'] !== kind);

describe('what the doctor says of activities', () => {
  it('nothing, where every purpose and every personal column is in one', () => {
    expect(found(...SET)).to.deep.equal([]);
  });

  it('one error and no flood, where none is in force', () => {
    expect(lines(found(...without('activity')))).to.deep.equal(['error no_activity policies']);
    expect(lines(found())).to.deep.equal(['error no_activity policies']);
  });

  it('a purpose of a policy on access, consent or intake that no activity has is an error', () => {
    const other = 'dpv:EnforceSecurity';
    const findings = found(
      organisation(),
      whole,
      consent(),
      rule(),
      consent({ id: 'alerts', purpose: other }),
      access({ purposes: ['dpv:CustomerCare', other] }),
      intake({ purpose: other }),
    );
    expect(lines(findings)).to.deep.equal([
      'error purpose_without_activity policy agents',
      'error purpose_without_activity policy alerts',
      'error purpose_without_activity policy web',
      'error consent_without_basis policy alerts',
    ]);
    expect(findings[0]?.message).to.match(
      /^purposes\[1\]: no activity has the purpose "dpv:EnforceSecurity"/,
    );
  });

  it('a rule of an activity, and an activity of an organisation, that are none are errors', () => {
    expect(lines(found(...without('retention'), rule({ activity: 'suport' })))).to.deep.equal([
      'error rule_without_activity policy old-tickets',
    ]);
    expect(found(...without('retention'), rule({ activity: 'suport' }))[0]?.message).to.include(
      'did you mean "support"?',
    );
    expect(lines(found(...without('organisation')))).to.deep.equal([
      'error activity_without_organisation policy support',
    ]);
  });

  it('consent is asked for where a purpose rests on it, and nowhere else but for recording', () => {
    const consents = (...files: readonly Json[]) => lines(found(...without('consent'), ...files));
    expect(consents()).to.deep.equal(['error basis_without_consent policy support']);
    const care = consent({ id: 'care', purpose: 'dpv:CustomerCare' });
    expect(consents(consent(), care)).to.deep.equal(['error consent_without_basis policy care']);
    expect(consents(consent(), { ...care, for: 'recording' })).to.deep.equal([]);
    expect(consents(consent(), consent({ id: 'lost', activity: 'none' }))).to.deep.equal([
      'error consent_without_basis policy lost',
    ]);
    expect(consents(consent({ for: 'recording' }))).to.deep.equal([]);
  });

  it('explicit consent is explicit', () => {
    const health = activity({ categories: ['user'], purposes: [aim({ specialGround: 'eu-gdpr:A9-2-a' })] });
    const of = (explicit: boolean) =>
      lines(found(organisation(), health, consent({ purpose: 'dpv:CustomerCare', explicit })));
    expect(of(false)).to.deep.equal(['error consent_without_basis policy offers']);
    expect(of(true)).to.deep.equal([]);
  });

  it('special categories need a ground of Art. 9, and every personal column an activity, table by table', () => {
    const groundless = activity({ categories: ['user'] });
    expect(lines(found(organisation(), groundless))).to.deep.equal([
      'error special_without_ground policy support',
    ]);
    const partly = activity({ categories: ['user.content'], records: ['ticket'] });
    const findings = found(organisation(), partly);
    expect(lines(findings)).to.deep.equal([
      'error column_without_activity tables.tickets',
      'error column_without_activity tables.notes',
    ]);
    expect(findings[0]?.message).to.include('tickets.email, tickets.phone, tickets.illness');
    const rest = activity({ id: 'rest', categories: ['user.contact', 'user.health_and_medical'] });
    expect(lines(found(organisation(), partly, rest))).to.deep.equal([
      'error special_without_ground policy rest',
      'error column_without_activity tables.notes',
    ]);
  });
});
