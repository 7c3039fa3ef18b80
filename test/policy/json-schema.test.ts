import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { readFileSync, readdirSync } from 'node:fs';
import { loadMap } from '../../src/datamap/load.js';
import { policyJsonSchema } from '../../src/policy/json-schema.js';
import type { PolicyKind } from '../../src/policy/policy.js';
import { retentionJsonSchema } from '../../src/policy/retention-schema.js';
import { draft, findings, nativeMap, type Draft } from './draft.js';

const RT = { organization: 'example.org' };

/** What the test reads of the part of the schema for one record. */
interface Form {
  readonly properties: {
    readonly record: { readonly const: string };
    readonly keep: { readonly properties: { readonly from: { readonly enum: readonly string[] } } };
  };
}

async function validator(map = 'native', kind: PolicyKind = 'retention'): Promise<ValidateFunction> {
  const graph = map === 'request-tracker-5' ? await loadMap(map, RT, '.') : await nativeMap();
  return new Ajv2020({ allErrors: true, allowUnionTypes: true, formats: { date: true } }).compile(
    policyJsonSchema(graph, kind),
  );
}

describe('the JSON Schemas of policies', () => {
  for (const map of ['native', 'request-tracker-5', 'lethe'])
    for (const file of readdirSync(`policies/${map}`).filter((name) => /^[^.]+\.json$/.test(name)))
      it(`accepts policies/${map}/${file}`, async () => {
        const policy = JSON.parse(readFileSync(`policies/${map}/${file}`, 'utf8')) as { kind: PolicyKind };
        const validate = await validator(map, policy.kind);
        expect(validate(policy), JSON.stringify(validate.errors)).to.equal(true);
      });

  const refused: readonly (readonly [string, Draft])[] = [
    ['an unknown record', draft({ record: 'tickets' })],
    ['a fact of another record', draft({ when: { fact: 'sizeBytes', operator: 'equal', value: 1 } })],
    [
      'a fact of another record inside groups',
      draft({ when: { not: { all: [{ fact: 'sizeBytes', operator: 'missing' }] } } }),
    ],
    ['a start event of another record', draft({ keep: { for: 'P3Y', from: 'sentAt', timeZone: 'UTC' } })],
    ['a start event that is no time', draft({ keep: { for: 'P3Y', from: 'status', timeZone: 'UTC' } })],
    ['an unknown operator', draft({ when: { fact: 'status', operator: 'equals', value: 'open' } })],
    ['an empty group', draft({ when: { all: [] } })],
    ['an unknown key', draft({ overides: [] })],
    ['an unknown action', draft({ then: { action: 'remove' } })],
    ['a missing reason', draft({ reason: undefined })],
  ];
  for (const [what, policy] of refused)
    it(`refuses ${what}, as checking the policy does`, async () => {
      const validate = await validator();
      expect(validate(JSON.parse(JSON.stringify(policy)))).to.equal(false);
      expect(await findings(policy)).not.to.deep.equal([]);
    });

  const access = (changes: Draft = {}): Draft => ({
    ...{ kind: 'access', id: 'agents', title: 'Agents', record: 'ticket', roles: ['agent'], may: ['read'] },
    purposes: ['dpv:CustomerCare'],
    when: { fact: 'status', operator: 'equal', value: 'open' },
    ...changes,
  });
  const intake = (changes: Draft = {}): Draft => ({
    ...{ kind: 'intake', id: 'web', title: 'Web', channel: 'web', purpose: 'dpv:CustomerCare' },
    ...{
      reason: 'what is needed',
      fields: { 'customer.email': 'require', 'customer.phone': { mask: 'last4' } },
    },
    ...changes,
  });
  const others: readonly (readonly [string, PolicyKind, Draft, readonly Draft[]])[] = [
    [
      'access',
      'access',
      access(),
      [
        access({ record: 'tickets' }),
        access({ when: { fact: 'sizeBytes', operator: 'present' } }),
        access({ masks: { colour: 'hidden' } }),
        access({ may: ['delete'] }),
        access({ purposes: ['dpv:Fun'] }),
      ],
    ],
    [
      'intake',
      'intake',
      intake(),
      [intake({ fields: { 'customer.colour': 'take' } }), intake({ fields: { 'customer.email': 'keep' } })],
    ],
  ];
  for (const [what, kind, right, wrong] of others)
    it(`of ${what} policies enumerate what the map has, as checking the policy does`, async () => {
      const validate = await validator('native', kind);
      expect(await findings(right)).to.deep.equal([]);
      expect(validate(right), JSON.stringify(validate.errors)).to.equal(true);
      for (const policy of wrong) {
        expect(validate(policy), JSON.stringify(policy)).to.equal(false);
        expect(await findings(policy), JSON.stringify(policy)).not.to.deep.equal([]);
      }
    });

  it('offers every record its own facts and start events', async () => {
    const { anyOf: forms } = retentionJsonSchema(await nativeMap()) as { readonly anyOf: readonly Form[] };
    const from = Object.fromEntries(
      forms.map(({ properties: { record, keep } }) => [record.const, keep.properties.from.enum] as const),
    );
    expect(from['attachment']).to.deep.equal(['createdAt', 'quarantinedAt', 'ticketClosedAt']);
    expect(from['customer']).to.deep.equal(['createdAt', 'lastContactAt', 'lastTicketAt']);
    expect(Object.keys(from)).to.deep.equal([...(await nativeMap()).records.keys()]);
  });

  it('accepts what checking the policy accepts', async () => {
    const validate = await validator();
    const policies = [
      draft(),
      draft({ when: undefined, $schema: './retention.schema.json' }),
      draft({
        when: {
          not: {
            any: [
              { fact: 'closedAt', operator: 'missing' },
              { fact: 'tags', operator: 'contains', value: 'x' },
            ],
          },
        },
      }),
      draft({
        when: { fact: 'closedAt', operator: 'olderThan', value: 'P1Y' },
        approval: { approvers: 2, assurance: 'asserted', role: 'data-protection-officer', validFor: 'P2W' },
      }),
      draft({
        schedule: { cron: '0 3 * * *', timeZone: 'UTC', missed: 'once', withoutApproval: { upTo: 500 } },
      }),
      draft({ then: { action: 'keep', covers: ['user.content'] }, ground: 'statute', cite: 'HGB 257' }),
    ];
    for (const policy of policies) {
      expect(await findings(policy)).to.deep.equal([]);
      expect(validate(JSON.parse(JSON.stringify(policy))), JSON.stringify(validate.errors)).to.equal(true);
    }
  });
});
