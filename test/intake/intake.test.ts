import { expect } from 'chai';
import fc from 'fast-check';
import { applyIntake, type IntakeOrder } from '../../src/intake/intake.js';
import { compileMap } from '../../src/datamap/compile.js';
import { dataMapSchema } from '../../src/datamap/schema.js';
import { readIntakePolicy, type IntakePolicy } from '../../src/policy/intake-policy.js';
import { nativeMap } from '../tickets/guarded-desk.js';
import type { Json } from '../support/small-desk.js';

const graph = compileMap(dataMapSchema.parse(nativeMap()), 'native.json', {});
const CARE = 'dpv:CustomerCare';

const policy = (different: Json = {}): IntakePolicy => {
  const content = {
    kind: 'intake',
    id: 'web',
    title: 'Web',
    channel: 'web',
    purpose: CARE,
    reason: 'test',
    others: 'refuse',
    fields: {
      'customer.email': 'require',
      'customer.name': 'take',
      'customer.phone': { mask: 'last4' },
      'customer.city': 'drop',
      'customer.company': 'refuse',
      'message.body': 'require',
    },
    ...different,
  };
  const read = readIntakePolicy(graph, { path: 'web.json', content }, []);
  return read ?? expect.fail('the policy is not one');
};

const intake = (fields: IntakeOrder['fields'], policies = [policy()], making = ['customer', 'message']) =>
  applyIntake({ policies, channel: 'web', purpose: CARE, fields, making });

describe('intake', () => {
  it('takes, drops, masks and refuses field by field, and names what is missing', () => {
    const found = intake({
      'customer.name': 'Ann',
      'customer.phone': '+49 30 123456',
      'customer.city': 'Ulm',
      'customer.company': 'Ann Ltd',
      'customer.country': 'DE',
    });
    expect(found).to.deep.equal({
      taken: { 'customer.name': 'Ann', 'customer.phone': '•••• 3456' },
      dropped: [{ field: 'customer.city', kind: 'field', count: 1 }],
      masked: ['customer.phone'],
      refused: [
        { field: 'customer.email', reason: 'missing' },
        { field: 'message.body', reason: 'missing' },
        { field: 'customer.company', reason: 'refused' },
        { field: 'customer.country', reason: 'unlisted' },
      ],
      policies: ['web'],
    });
  });

  it('asks for nothing of records that are not made', () => {
    expect(intake({}, [policy()], ['message']).refused).to.deep.equal([
      { field: 'message.body', reason: 'missing' },
    ]);
    expect(intake({}, [policy()], []).refused).to.deep.equal([]);
  });

  it('without a policy for the channel and the purpose takes nothing', () => {
    for (const other of [[], [policy({ channel: 'chat' })], [policy({ purpose: 'dpv:Marketing' })]]) {
      const { taken, policies } = intake({ 'customer.name': 'Ann', constructor: 'x' }, other);
      expect([taken, policies]).to.deep.equal([{}, []]);
    }
  });

  it('a name that every object has is no field that is listed', () => {
    for (const field of ['constructor', '__proto__', 'toString', 'hasOwnProperty'])
      expect(
        intake(
          Object.fromEntries([
            [field, 'x'],
            ['customer.email', 'a@b'],
            ['message.body', 'b'],
          ]),
        ).refused,
        field,
      ).to.deep.equal([{ field, reason: 'unlisted' }]);
  });

  it('of several policies takes what all of them take, in whatever order', () => {
    const uses = fc.constantFrom(
      'take',
      'drop',
      'refuse',
      'require',
      { mask: 'hidden' },
      { mask: 'initials' },
    );
    fc.assert(
      fc.property(uses, uses, (one, other) => {
        const of = (use: unknown): IntakePolicy => policy({ fields: { 'customer.name': use } });
        const keeps = (policies: readonly IntakePolicy[]): boolean =>
          intake({ 'customer.name': 'Ann' }, [...policies], []).taken['customer.name'] === 'Ann';
        const full = [one, other].every((use) => use === 'take' || use === 'require');
        expect(keeps([of(one), of(other)])).to.equal(full);
        expect(keeps([of(other), of(one)])).to.equal(full);
      }),
      { seed: 4 },
    );
  });
});
