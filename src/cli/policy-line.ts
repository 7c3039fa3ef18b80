import type { AccessPolicy } from '../policy/access-policy.js';
import type { Policy } from '../policy/policy.js';

/** What a policy does, in one line. */
export const policyLine = (policy: Policy): string => `${policy.id}  ${summary(policy)}`;

function summary(policy: Policy): string {
  switch (policy.kind) {
    case 'retention': {
      const { action, entry, table } = policy;
      return `${action} ${table.concept ?? table.id} ${entry.keep.for} from ${entry.keep.from}`;
    }
    case 'organisation':
      return `organisation ${policy.entry.controller.name}`;
    case 'activity': {
      const aims = policy.entry.purposes.map(({ purpose, basis }) => `${purpose} (${basis})`);
      return `activity for ${aims.join(', ')}`;
    }
    case 'access':
      return accessSummary(policy);
    case 'consent': {
      const { purpose, for: what, validFor, wording } = policy.entry;
      return `consent to ${purpose}${what === 'recording' ? ', recording' : ''} for ${validFor}, wording ${wording.version}`;
    }
    case 'intake': {
      const { channel, fields, others } = policy.entry;
      return `intake by ${channel}: ${Object.keys(fields).length} fields, ${others} all others`;
    }
  }
  return policy satisfies never;
}

const accessSummary = ({ entry: { roles, may, record, purposes, when, assigned } }: AccessPolicy): string =>
  `${roles.join(', ')} may ${may.join(', ')} ${assigned ? 'their own ' : ''}${record}${when === undefined ? '' : ' (some)'} for ${purposes.join(', ')}`;
