import type { ActivityEntry } from '../policy/activity-schema.js';
import type { OrganisationEntry } from '../policy/organisation-schema.js';

/** A party as the standard names it; null is missing. */
export interface RecordParty {
  readonly party_id: string;
  readonly party_name: string;
  readonly party_address: string;
  readonly party_contact: string | null;
  readonly party_type: string;
  readonly party_role: string;
}

type OwnParty = OrganisationEntry['controller'];

const ROLES: Readonly<Record<ActivityEntry['recipients'][number]['role'], string>> = {
  processor: 'dpv:DataProcessor',
  controller: 'dpv:ThirdParty',
  'joint-controller': 'dpv:DataController',
  authority: 'dpv:Authority',
};

const partyOf = (
  id: string,
  { name, address, country, email, phone, url }: OwnParty,
  type: string,
  role: string,
): RecordParty => ({
  party_id: id,
  party_name: name,
  party_address: `${address}, ${country}`,
  party_contact: email ?? phone ?? url ?? null,
  party_type: type,
  party_role: role,
});

export interface RecordParties {
  readonly controllers: readonly RecordParty[];
  readonly authority: RecordParty;
  readonly recipients: readonly RecordParty[];
}

/** Who answers for the processing, who gets the data, and to whom people may complain. */
export function partiesOf(organisation: OrganisationEntry, activity: ActivityEntry): RecordParties {
  const { id, controller, jointControllers = [], authority } = organisation;
  const controllers = [controller, ...jointControllers].map((party, at) =>
    partyOf(at === 0 ? id : `${id}-joint-${at}`, party, 'dpv:LegalEntity', 'dpv:DataController'),
  );
  const abroad = new Set(activity.transfers.map(({ recipient }) => recipient));
  const recipients = activity.recipients.map((one) => ({
    party_id: one.id,
    party_name: one.name,
    party_address: one.country,
    party_contact: one.contact ?? null,
    party_type: abroad.has(one.id) ? 'dpv:DataImporter' : 'dpv:Recipient',
    party_role: ROLES[one.role],
  }));
  return {
    controllers,
    authority: partyOf(`${id}-authority`, authority, 'dpv:Authority', 'dpv:Authority'),
    recipients,
  };
}
