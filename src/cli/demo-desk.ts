import type { Call } from '../access/call.js';
import type { ActorName } from '../core/actor.js';
import { LetheError } from '../core/errors.js';
import type { Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { Engine } from '../engine.js';
import { counted, type Output } from './output.js';

const dana: ActorName = { name: 'Dana, data protection officer', assurance: 'asserted' };

/** The same ticket for two agents and for another purpose, and a consent given and withdrawn. */
export async function tellOfTheDesk(engine: Engine, out: Output): Promise<void> {
  await engine.access.agree({ noWorksCouncil: 'a made-up help desk has no employees' }, dana);
  const { ticket, agent, colleague, customer } = await example(engine);
  const careOf = (id: string): Call => ({
    actor: { id, roles: ['agent'], assurance: 'asserted' },
    purpose: 'dpv:CustomerCare',
  });
  out.say(
    `7. ${ticket} through the guarded storage, where policies say who sees what for which purpose:`,
    `   ${agent}, whose ticket it is, for customer care: phone ${await phone(engine, careOf(agent), ticket)}`,
    `   ${colleague} for customer care: phone ${await phone(engine, careOf(colleague), ticket)}`,
    `   ${colleague} for marketing: ${await refusal(engine, { ...careOf(colleague), purpose: 'dpv:DirectMarketing' }, ticket)}`,
    '   Every decision is in the access log, which ranks and filters nobody.',
    '',
  );
  const whose = { record: customer, purpose: 'dpv:DirectMarketing' } as const;
  const channel = { language: 'en', channel: 'web' } as const;
  await engine.consent.give(
    { ...whose, ...channel, wording: '2026-11', method: 'double-opt-in', age: { years: 41 } },
    dana,
  );
  const { state: given } = await engine.consent.check(whose);
  await engine.consent.withdraw(whose, dana);
  const { state: withdrawn } = await engine.consent.check(whose);
  out.say(`8. ${customer} consents to marketing, and withdraws: ${given}, then ${withdrawn}.`, '');
  await tellOfTheKeys(engine, out, ticket, careOf(agent));
}

/** What stands in the database, what the desk reads, and what is gone for good. */
async function tellOfTheKeys(engine: Engine, out: Output, ticket: string, call: Call): Promise<void> {
  const { messages } = await engine.tickets.read(call, ticket);
  const [message] = messages;
  const { rows } = await engine.db.query<Row & { stored: string; destroyed: string; living: string }>(sql`
    select (select body from desk.messages where 'message/' || id = ${message?.record ?? ''}) as stored,
      (select count(*) from lethe.data_key where use = 'ticket' and destroyed_at is not null)::text as destroyed,
      (select count(*) from lethe.data_key where ended_at is null)::text as living`);
  const [{ stored, destroyed, living } = { stored: '', destroyed: '0', living: '0' }] = rows;
  out.say(
    `9. ${message?.record ?? ''} as it stands in the database, and as the desk reads it:`,
    `   ${beginning(stored)}`,
    `   ${beginning(String(message?.fields['body'] ?? ''))}`,
    `   The keys of ${counted(destroyed, 'deleted ticket')} were destroyed with them, ${counted(living, 'key')} are left: \`npx lethe keys status\``,
    '',
  );
}

const SHOWN = 90;
const beginning = (text: string): string => {
  const line = text.replace(/\s+/g, ' ');
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
};

interface Example {
  readonly ticket: string;
  /** Whose ticket it is. */
  readonly agent: string;
  readonly colleague: string;
  readonly customer: string;
}

async function example(engine: Engine): Promise<Example> {
  const { rows } = await engine.db.query<Row & Example>(sql`
    select 'ticket/' || t.id as ticket, 'agent/' || t.agent_id as agent, 'customer/' || c.id as customer,
      (select 'agent/' || a.id from desk.agents a where a.id <> t.agent_id and a.active order by a.id limit 1) as colleague
    from desk.tickets t join desk.customers c on c.id = t.customer_id
    where t.agent_id is not null and c.phone is not null and t.status = 'open' order by t.id limit 1`);
  const [found] = rows;
  if (!found) throw new TypeError('the made-up help desk has no open ticket of a customer with a phone');
  return found;
}

async function phone(engine: Engine, call: Call, ticket: string): Promise<string> {
  const { customer } = await engine.tickets.read(call, ticket);
  return String(customer?.fields['phone'] ?? 'not shown');
}

async function refusal(engine: Engine, call: Call, ticket: string): Promise<string> {
  try {
    await engine.tickets.read(call, ticket);
    return 'shown';
  } catch (error) {
    if (!(error instanceof LetheError)) throw error;
    return `refused (${error.code})`;
  }
}
