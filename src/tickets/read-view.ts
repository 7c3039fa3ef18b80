import type { Decision } from '../access/decision.js';
import type { Shown } from '../access/guarded-rows.js';
import { ProtectedValues } from '../access/protected-values.js';
import type { Row } from '../db/database.js';
import { instantText } from '../db/values.js';
import type { Part } from './desk-record.js';
import { PLACES, type ReadStatement } from './read-sql.js';

/** What somebody stated about a record (GDPR Art. 16): it is shown with it. */
export interface StatementShown {
  readonly body: string;
  readonly statedAt: string;
}

export type PartShown = Shown & { readonly statements: readonly StatementShown[] };
export type MessageShown = PartShown & { readonly attachments: readonly Shown[] };

/** A ticket as who asks may see it, for the purpose they gave. */
export interface TicketView {
  readonly ticket: PartShown;
  /** Null: not shown. */
  readonly customer: PartShown | null;
  /** Oldest first, as the recordings. */
  readonly messages: readonly MessageShown[];
  readonly recordings: readonly Shown[];
  /** Parts that are there and not shown: customer, messages, attachments, recordings. */
  readonly withheld: number;
  readonly decision: 'allow' | 'masked';
}

/** One row of the read statement. */
export interface ReadRow extends Row {
  readonly place: number;
  readonly id: string | null;
  readonly parent: string | null;
  readonly shown: unknown;
}

/** What was shown and under which key: a key may be personal data itself, and then is in the log alone. */
export interface ReadOutcome {
  readonly view: TicketView;
  readonly customerKey: string | null;
  /** Every decision that had a part in it. */
  readonly decisions: readonly Decision[];
  /** What of the view is shown only when it is decrypted. */
  readonly sealed: ProtectedValues;
}

/** Null: the ticket may not be read, or is not there. */
export function viewOf(
  guarded: Omit<ReadStatement, 'statement'>,
  rows: readonly ReadRow[],
): ReadOutcome | null {
  const reading = new Reading(guarded, rows);
  const [ticket] = reading.parts('ticket');
  if (!ticket) return null;
  const [customer] = reading.parts('customer');
  const messages = reading.messages();
  const recordings = reading.parts('recording').map(({ shown }) => shown);
  const all = [ticket.shown, customer?.shown, ...messages, ...messages.flatMap((one) => one.attachments)];
  const decisions = [...all, ...recordings].flatMap((one) => one?.decision ?? []);
  const full = reading.withheld === 0 && decisions.every(({ decision }) => decision === 'allow');
  const view: TicketView = {
    ticket: reading.stated('ticket', ticket),
    customer: customer ? reading.stated('customer', customer) : null,
    messages,
    recordings,
    withheld: reading.withheld,
    decision: full ? 'allow' : 'masked',
  };
  return { view, customerKey: customer?.id ?? null, decisions, sealed: reading.sealed };
}

interface KeyedPart {
  readonly id: string;
  readonly parent: string | null;
  readonly shown: Shown;
}

/** The rows of one answer, part by part; what may not be shown is counted on the way. */
class Reading {
  withheld = 0;
  readonly sealed = new ProtectedValues();

  constructor(
    private readonly guarded: Omit<ReadStatement, 'statement'>,
    private readonly rows: readonly ReadRow[],
  ) {}

  /** @param around whether what the part stands in is shown */
  parts(part: Part, around: (parent: string | null) => boolean = () => true): readonly KeyedPart[] {
    const found: KeyedPart[] = [];
    const guarded = this.guarded.parts[part];
    for (const { place, id, parent, shown: values } of this.rows) {
      if (place !== PLACES[part] || id === null) continue;
      const visible = around(parent) ? (values as readonly unknown[] | null) : null;
      const shown = guarded.shown(id, visible, this.sealed);
      if (shown) found.push({ id, parent, shown });
      else this.withheld += 1;
    }
    return found;
  }

  /** An attachment is shown with its message or not at all. */
  messages(): readonly MessageShown[] {
    const messages = this.parts('message');
    const attachments = new Map(messages.map(({ id }) => [id, [] as Shown[]]));
    const withMessage = (parent: string | null): boolean => attachments.has(parent ?? '');
    for (const { parent, shown } of this.parts('attachment', withMessage))
      attachments.get(parent ?? '')?.push(shown);
    return messages.map((one) => ({
      ...this.stated('message', one),
      attachments: attachments.get(one.id) ?? [],
    }));
  }

  /** Whoever sees nothing personal of the record does not see what was stated about it. */
  stated(part: Part, { id, shown }: KeyedPart): PartShown {
    const rows = shown.decision.showsPersonalData
      ? this.rows.filter(({ place, parent }) => place === PLACES.statement && parent === id)
      : [];
    const statements = rows.flatMap(({ id: key, shown: values }) => {
      const [about, body, at] = values as readonly [Part, string, string];
      return about === part ? [this.statement(key ?? '', body, instantText(at))] : [];
    });
    return { ...shown, statements };
  }

  private statement(key: string, body: string, statedAt: string): StatementShown {
    const statement = { body: '', statedAt };
    this.sealed.add(this.guarded.statements, 'body', key, body, (plain) => {
      statement.body = String(plain);
    });
    return statement;
  }
}
