import { Sql } from '../db/sql.js';
import type { Call } from './call.js';
import type { Instant } from '../core/instant.js';

/**
 * A place in a compiled statement that each call fills. Statements are compiled once for a set of policies, a role and a
 * purpose, so nothing that tells one caller from another may be in their text.
 */
export class Slot {
  constructor(readonly name: string) {}
}

export type SlotValues = Readonly<Record<string, unknown>>;

/** A statement whose text is put together once: the same string every time, which caches find at once. */
class Compiled extends Sql {
  constructor(
    private readonly known: string,
    statement: Sql,
    values: readonly unknown[],
  ) {
    super(statement.strings, values);
  }

  override get text(): string {
    return this.known;
  }
}

const TEXTS = new WeakMap<Sql, string>();

/** The statement with its slots filled. A slot without a value is null, which matches nothing. */
export function filled(statement: Sql, values: SlotValues): Sql {
  const text = TEXTS.get(statement) ?? statement.text;
  TEXTS.set(statement, text);
  const given = statement.values.map((value) =>
    value instanceof Slot ? (values[value.name] ?? null) : value,
  );
  return new Compiled(text, statement, given);
}

/** `agent/7` */
export const ACTOR = new Slot('actor');
/** Key of the agent who asks; null for everybody else. */
export const AGENT = new Slot('agent');
/** Key of the customer who asks; null for everybody else. */
export const CUSTOMER = new Slot('customer');
export const PURPOSE = new Slot('purpose');
export const NOW = new Slot('now');

/** What the slots of every guarded statement are filled with. */
export function callSlots({ actor, purpose }: Call, now: Instant): SlotValues {
  const [agent, customer] = [keyOf(actor.id, 'agent'), keyOf(actor.id, 'customer')];
  return { actor: actor.id, agent, customer, purpose, now };
}

/** Digits that a bigint takes: another key is nobody's. */
function keyOf(id: string, record: string): string | null {
  const [, key = null] = new RegExp(`^${record}/(\\d{1,18})$`).exec(id) ?? [];
  return key;
}
