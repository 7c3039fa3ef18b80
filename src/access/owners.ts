import { raw, sql, type Sql } from '../db/sql.js';
import { AGENT, CUSTOMER } from './slots.js';

/** Where a row of the help desk belongs, as SQL over `this`. */
export interface Owners {
  /** Its ticket is assigned to the agent who asks. */
  readonly assigned: Sql;
  /** It is about the customer who asks. */
  readonly own: Sql;
  /** Key of the customer whose consent counts. */
  readonly customerKey: string;
  /** Records whose quarantine hides it and whose sensitivity it shares, itself first: name, and key as text. */
  readonly within: readonly (readonly [record: string, keySql: string])[];
}

const ticketOf = (column: 'agent_id' | 'customer_id', where: string): string =>
  `(select t.${column} from desk.tickets t ${where})`;

function ofTicket(where: string, within: Owners['within']): Owners {
  return {
    assigned: sql`${raw(ticketOf('agent_id', where))} = ${AGENT}::bigint`,
    own: sql`${raw(ticketOf('customer_id', where))} = ${CUSTOMER}::bigint`,
    customerKey: `${ticketOf('customer_id', where)}::text`,
    within,
  };
}

const BY_TICKET = 'where t.id = this.ticket_id';
const BY_MESSAGE = 'join desk.messages m on m.ticket_id = t.id where m.id = this.message_id';

/** The help desk is Lethe's own, so its tables are known by name. */
const OWNERS: ReadonlyMap<string, Owners> = new Map([
  [
    'ticket',
    {
      assigned: sql`this.agent_id = ${AGENT}::bigint`,
      own: sql`this.customer_id = ${CUSTOMER}::bigint`,
      customerKey: 'this.customer_id::text',
      within: [['ticket', 'this.id::text']],
    },
  ],
  [
    'customer',
    {
      assigned: sql`exists (select from desk.tickets t where t.customer_id = this.id and t.agent_id = ${AGENT}::bigint)`,
      own: sql`this.id = ${CUSTOMER}::bigint`,
      customerKey: 'this.id::text',
      within: [['customer', 'this.id::text']],
    },
  ],
  [
    'message',
    ofTicket(BY_TICKET, [
      ['message', 'this.id::text'],
      ['ticket', 'this.ticket_id::text'],
    ]),
  ],
  [
    'attachment',
    ofTicket(BY_MESSAGE, [
      ['attachment', 'this.id::text'],
      ['message', 'this.message_id::text'],
      ['ticket', '(select m.ticket_id::text from desk.messages m where m.id = this.message_id)'],
    ]),
  ],
  [
    'recording',
    ofTicket(BY_TICKET, [
      ['recording', 'this.id::text'],
      ['ticket', 'this.ticket_id::text'],
    ]),
  ],
]);

/** Records that belong to nobody's ticket match no condition about whose they are, and no consent. */
const NOBODY: Owners = { assigned: sql`false`, own: sql`false`, customerKey: 'null::text', within: [] };

export const ownersOf = (record: string): Owners => OWNERS.get(record) ?? NOBODY;
