import type { Call } from '../../src/access/call.js';
import type { Json } from '../support/small-desk.js';
import { CONSENTED, TRAINED, type Row, type Tables } from './matrix-desk.js';

/**
 * What may be shown, written once more from the rules and from nothing of src: policies as the JSON they are, rows as they are
 * stored. Slow, plain, and only for the conditions that the matrix uses.
 */
export type Record_ = keyof Tables;
type Fields = Readonly<Record<string, unknown>>;
type Policy = Json & {
  readonly record: Record_;
  readonly roles: readonly string[];
  readonly purposes: readonly string[];
  readonly may: readonly string[];
  readonly when?: { readonly fact: string; readonly operator: string; readonly value: string };
  readonly categories?: readonly string[];
  readonly masks?: Readonly<Record<string, string>>;
  readonly training?: object;
};

const SENSITIVE = new Set(['message/12', 'message/31', 'ticket/5']);
const QUARANTINED = new Set(['message/14', 'attachment/1021', 'ticket/6']);
const STRENGTH = ['shown', 'last4', 'initials', 'domainOnly', 'hidden'];

const BASES: Readonly<
  Record<
    string,
    { readonly consent: boolean; readonly ground: string | null; readonly only?: readonly string[] }
  >
> = {
  'dpv:CustomerCare': { consent: false, ground: null },
  'dpv:EnforceSecurity': { consent: false, ground: 'eu-gdpr:A9-2-f' },
  'dpv:DirectMarketing': { consent: true, ground: null, only: ['customer', 'ticket'] },
};

export class Oracle {
  private readonly policies: readonly Policy[];

  constructor(
    files: readonly Json[],
    private readonly tables: Tables,
    private readonly columns: Readonly<
      Record<Record_, Readonly<Record<string, { category?: string; type: string }>>>
    >,
  ) {
    this.policies = files.filter(({ kind }) => kind === 'access') as unknown as readonly Policy[];
  }

  /** Null: access denied. */
  read(call: Call, id: string): Json | null {
    const ticket = this.row('ticket', id);
    const fields = ticket && this.fields(call, 'read', 'ticket', ticket);
    if (!ticket || !fields) return null;
    const inside = (record: Record_): readonly Row[] =>
      this.tables[record].filter((row) => row['ticket_id'] === id && !this.isQuarantined(record, row));
    const messages = inside('message').flatMap((row) => {
      const shown = this.fields(call, 'read', 'message', row);
      return shown ? [{ id: row['id'], fields: shown }] : [];
    });
    const files = this.tables.attachment.filter(
      (row) =>
        this.row('message', row['message_id'])?.['ticket_id'] === id &&
        !this.isQuarantined('attachment', row),
    );
    const attachments = files.flatMap((row) => {
      const shown = this.fields(call, 'read', 'attachment', row);
      return shown && messages.some((message) => message.id === row['message_id']) ? [shown] : [];
    });
    const recordings = inside('recording').flatMap(
      (row) => this.fields(call, 'read', 'recording', row) ?? [],
    );
    const person = this.row('customer', ticket['customer_id']);
    const customer = (person && this.fields(call, 'read', 'customer', person)) ?? null;
    const there = 1 + inside('message').length + files.length + inside('recording').length;
    const shown = (customer ? 1 : 0) + messages.length + attachments.length + recordings.length;
    return {
      ticket: fields,
      customer,
      messages: messages.map((one) => one.fields),
      attachments,
      recordings,
      withheld: there - shown,
    };
  }

  /** Ids of the tickets that may be listed, newest change first; null: denied. */
  list(call: Call): readonly string[] | null {
    if (this.applicable(call, 'list', 'ticket').length === 0) return null;
    const rows = this.tables.ticket.filter((row) => this.fields(call, 'list', 'ticket', row) !== null);
    const order = (row: Row): string => `${String(row['updated_at'])} ${String(row['id'])}`;
    return rows.toSorted((a, b) => (order(a) < order(b) ? 1 : -1)).map((row) => String(row['id']));
  }

  listed = (call: Call, id: string): Fields | null => {
    const row = this.row('ticket', id);
    return row ? this.fields(call, 'list', 'ticket', row) : null;
  };

  /** May every row that can be listed be told apart by this column? */
  mayFilter(call: Call, column: string): boolean {
    return this.applicable(call, 'list', 'ticket').every(
      (policy) => this.showing(policy, call, 'ticket', column) === 'shown',
    );
  }

  /** Ids of tickets found by a value in a column; null: denied. */
  find(call: Call, places: readonly (readonly [Record_, string])[], value: string): readonly string[] | null {
    if (this.applicable(call, 'list', 'ticket').length === 0) return null;
    const inFull = (record: Record_, column: string, deed: string): readonly Policy[] =>
      this.applicable(call, deed, record).filter(
        (one) => this.showing(one, call, record, column) === 'shown',
      );
    const open = places.filter(
      ([record, column]) =>
        inFull(record, column, record === 'ticket' ? 'list' : 'read').length > 0 &&
        (record === 'ticket' || this.applicable(call, 'read', 'ticket').length > 0),
    );
    if (open.length === 0) return null;
    const found = this.tables.ticket.filter((ticket) =>
      open.some(([record, column]) => {
        const rows = this.tables[record].filter((row) =>
          record === 'ticket'
            ? row === ticket
            : record === 'customer'
              ? row['id'] === ticket['customer_id']
              : row['ticket_id'] === ticket['id'],
        );
        const deed = record === 'ticket' ? 'list' : 'read';
        const seen = rows.some(
          (row) =>
            String(row[column]).toLowerCase().includes(value.toLowerCase()) &&
            !this.isQuarantined(record, row) &&
            inFull(record, column, deed).some((policy) => this.matches(policy, call, record, row)),
        );
        return seen && (record === 'ticket' || this.fields(call, 'read', 'ticket', ticket) !== null);
      }),
    );
    return found.map((row) => String(row['id'])).filter((id) => this.list(call)?.includes(id));
  }

  private applicable(call: Call, deed: string, record: Record_): readonly Policy[] {
    const base = BASES[call.purpose];
    if (!base || (base.only && !base.only.includes(record))) return [];
    return this.policies.filter(
      (policy) =>
        policy.record === record &&
        policy.roles.some((role) => call.actor.roles.includes(role)) &&
        policy.purposes.includes(call.purpose) &&
        policy.may.includes(deed),
    );
  }

  private fields(call: Call, deed: string, record: Record_, row: Row): Fields | null {
    if (this.isQuarantined(record, row)) return null;
    const matching = this.applicable(call, deed, record).filter((one) =>
      this.matches(one, call, record, row),
    );
    if (matching.length === 0) return null;
    const fields: Record<string, unknown> = {};
    for (const [id, { type }] of Object.entries(this.columns[record])) {
      if (type === 'bytes') continue;
      const ways = matching
        .map((policy) => this.showing(policy, call, record, id))
        .filter((way) => way !== null);
      const least = STRENGTH.find((way) => ways.includes(way));
      if (least !== undefined) fields[id] = mask(row[id] ?? null, least);
    }
    return fields;
  }

  private matches(policy: Policy, call: Call, record: Record_, row: Row): boolean {
    const { when, assigned, subject, training, breakGlass } = policy;
    const ticket = this.ticketOf(record, row);
    const [kind, key] = call.actor.id.split('/');
    const tickets =
      record === 'customer' ? this.tables.ticket.filter((one) => one['customer_id'] === row['id']) : [ticket];
    const person = record === 'customer' ? row['id'] : ticket?.['customer_id'];
    const value = when && row[when.fact];
    const met =
      !when || (when.operator === 'equal' ? value === when.value : value !== null && value !== when.value);
    return (
      met &&
      (!assigned || (kind === 'agent' && tickets.some((one) => one?.['agent_id'] === key))) &&
      (!subject || (kind === 'customer' && person === key)) &&
      (!training || TRAINED.includes(call.actor.id)) &&
      (!breakGlass ||
        (call.actor.id === 'agent/9' && ticket?.['id'] === '3' && call.purpose === 'dpv:CustomerCare')) &&
      (!BASES[call.purpose]?.consent || CONSENTED.includes(String(person))) &&
      (this.hasGround(policy, call) || !this.isSensitive(record, row))
    );
  }

  private showing(policy: Policy, call: Call, record: Record_, column: string): string | null {
    const category = this.columns[record][column]?.category;
    const way = policy.masks?.[column] ?? 'shown';
    if (category === undefined) return way;
    if (!policy.categories?.some((name) => category === name || category.startsWith(`${name}.`))) return null;
    return category.startsWith('user.health') && !this.hasGround(policy, call) ? null : way;
  }

  private hasGround(policy: Policy, call: Call): boolean {
    return policy['specialGround'] !== undefined && policy['specialGround'] === BASES[call.purpose]?.ground;
  }

  private ticketOf(record: Record_, row: Row): Row | undefined {
    if (record === 'ticket') return row;
    if (record === 'attachment')
      return this.row('ticket', this.row('message', row['message_id'])?.['ticket_id']);
    return this.row('ticket', row['ticket_id']);
  }

  private isSensitive = (record: Record_, row: Row): boolean => this.isIn(SENSITIVE, record, row);
  private isQuarantined = (record: Record_, row: Row): boolean => this.isIn(QUARANTINED, record, row);

  private isIn(flags: ReadonlySet<string>, record: Record_, row: Row): boolean {
    const message = record === 'attachment' ? flags.has(`message/${String(row['message_id'])}`) : false;
    const ticket = record === 'customer' ? undefined : this.ticketOf(record, row);
    return (
      message || flags.has(`${record}/${String(row['id'])}`) || flags.has(`ticket/${String(ticket?.['id'])}`)
    );
  }

  private readonly row = (record: Record_, id: unknown): Row | undefined =>
    this.tables[record].find((row) => row['id'] === id);
}

/** For the plain ASCII of the markers. */
function mask(value: unknown, way: string): unknown {
  if (way === 'shown' || value === null) return value;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (way === 'last4') return `•••• ${text.slice(-4)}`;
  if (way === 'initials')
    return text
      .split(/[ -]/)
      .filter((word) => /\w/.test(word))
      .slice(0, 3)
      .map((word) => `${(/\w/.exec(word)?.[0] ?? '').toUpperCase()}.`)
      .join(' ');
  return way === 'domainOnly' ? `•••@${text.split('@')[1] ?? ''}` : null;
}
