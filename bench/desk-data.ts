import type pg from 'pg';

export interface DeskSize {
  readonly tickets: number;
  /** Tickets that rule `resolved-tickets` takes as of `AS_OF`; a multiple of 32. */
  readonly due: number;
}

/** The rule's cutoff then is the end of 2022. */
export const AS_OF = '2026-06-01T00:00:00Z';

export const MESSAGES_PER_TICKET = 5;

/**
 * Fills the native help desk set by set. Ids follow age. Of every 40 old tickets 32 are due; 4 are about billing (another
 * rule), 2 still open, 1 has a credit note (a floor keeps it), 1 an open ticket points to. The others closed later.
 */
export async function fillDesk(client: pg.Client, { tickets, due }: DeskSize): Promise<void> {
  const old = (due / 32) * 40;
  await client.query(
    "set session_replication_role = replica; set timezone = 'UTC'; set synchronous_commit = off",
  );
  const indexes = await dropIndexes(client);
  await client.query(people(tickets));
  await client.query(ticketRows(tickets, old));
  await client.query(threads(tickets));
  await client.query(labels(tickets));
  await client.query(indexes.join(';\n'));
}

/** What no constraint needs is built after the rows are there. */
async function dropIndexes(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(`
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
    from pg_index i join pg_class c on c.oid = i.indrelid
    where c.relnamespace = 'desk'::regnamespace and not i.indisunique`);
  await client.query(`drop index ${rows.map(({ name }) => name).join(', ')}`);
  return rows.map(({ definition }) => definition);
}

const TEXT = `repeat(md5(n::text) || ' ', 6)`;

const people = (tickets: number): string => `
  insert into desk.agents (name, email, role)
  select 'Agent ' || n, 'agent' || n || '@desk.example', 'agent' from generate_series(1, 50) n;
  insert into desk.customers (customer_number, name, email, ticket_count, created_at, last_contact_at)
  select 'C-' || n, 'Customer ' || n, 'customer' || n || '@mail.example', 10, '2019-01-01', '2026-01-01'
  from generate_series(1, ${Math.ceil(tickets / 10)}) n`;

/** A customer's tickets lie some thousand others apart, as they do where many people write. */
const ticketRows = (tickets: number, old: number): string => `
  insert into desk.tickets (number, subject, status, category, channel, customer_id, agent_id, created_at, updated_at, closed_at)
  select 'T-' || n, 'Subject ' || md5(n::text), case when open then 'open' else 'resolved' end,
    case when n % 40 < 4 then 'billing' else 'technical' end, 'e-mail', 1 + (n * 7919::bigint) % ${Math.ceil(tickets / 10)}, 1 + n % 50,
    opened, opened + interval '5 days', case when not open then opened + interval '5 days' end
  from (
    select n, n % 40 in (4, 5) or (n > ${old} and n % 40 in (6, 7)) as open,
      case when n <= ${old} then timestamptz '2021-01-01' + n * interval '700 days' / ${old}
           else timestamptz '2023-02-01' + n * interval '1000 days' / ${tickets} end as opened
    from generate_series(1, ${tickets}) n) ages`;

const threads = (tickets: number): string => `
  insert into desk.messages (ticket_id, author, customer_id, agent_id, channel, body, sent_at)
  select t.id, case when part % 2 = 1 then 'customer' else 'agent' end, case when part % 2 = 1 then t.customer_id end,
    case when part % 2 = 0 then t.agent_id end, 'e-mail', ${TEXT}, t.created_at + part * interval '1 day'
  from generate_series(1, ${tickets}) n join desk.tickets t on t.id = n, generate_series(1, ${MESSAGES_PER_TICKET}) part;
  insert into desk.attachments (message_id, file_name, media_type, content, size_bytes, created_at)
  select n, 'file.txt', 'text/plain', convert_to(${TEXT}, 'UTF8'), 198, '2022-01-01'
  from generate_series(1, ${tickets * MESSAGES_PER_TICKET}, 25) n;
  insert into desk.call_recordings (ticket_id, media_type, content, duration_seconds, started_at)
  select n, 'audio/ogg', convert_to(${TEXT}, 'UTF8'), 60, '2022-01-01' from generate_series(1, ${tickets}, 50) n;
  insert into desk.ticket_events (ticket_id, from_status, to_status, actor, happened_at)
  select n, (array[null, 'new', 'open'])[part], (array['new', 'open', 'resolved'])[part], 'system', '2022-01-01'
  from generate_series(1, ${tickets}) n, generate_series(1, 3) part`;

const labels = (tickets: number): string => `
  insert into desk.tags (name) values ('credit-note'), ('printer'), ('delivery'), ('login');
  insert into desk.ticket_tags (ticket_id, tag_id)
  select n, case when n % 40 = 6 then 1 else 2 + n % 3 end from generate_series(1, ${tickets}) n where n % 3 = 0 or n % 40 = 6;
  insert into desk.ticket_links (from_ticket_id, to_ticket_id, type)
  select case when n % 40 = 7 then n - 3 else n - 1 end, n, 'related'
  from generate_series(1, ${tickets}) n where n % 40 in (7, 10)`;
