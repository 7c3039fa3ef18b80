import type { ActorName } from '../core/actor.js';
import { LetheError } from '../core/errors.js';
import type { Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { SeededRows } from '../demo/seed.js';
import type { Engine } from '../engine.js';
import { tellOfTheDesk } from './demo-desk.js';
import { counted, type Output } from './output.js';
import { progressBar } from './progress.js';
import { planLines, whyLines } from './retention.js';

interface Setting {
  readonly asOf: string;
  readonly seeded: SeededRows;
}

const POLICY = 'resolved-tickets';
const person = (name: string): ActorName => ({ name, assurance: 'asserted' });

/** Check, hold, plan, approve, apply, and what is left and why: with the engine that every other command uses. */
export async function tellStory(engine: Engine, out: Output, { asOf, seeded }: Setting): Promise<void> {
  out.say(
    `1. The help desk: ${counted(seeded.tickets, 'ticket')}, ${counted(seeded.messages, 'message')} in seven languages, ${counted(seeded.customers, 'customer')}.`,
    `   ${counted(await policiesInForce(engine), 'policy', 'policies')} in .lethe/policies, checked against its data map, published and in force.`,
    '',
  );
  const held = await placeHold(engine, out);
  const plan = await engine.retention.plan(POLICY, person('Olga, policy owner'), asOf);
  out.say(
    '3. Olga plans the policy "resolved-tickets"; nothing is deleted yet:',
    ...planLines(plan).map(indent),
    '',
  );
  await approve(engine, out, plan.id);
  await apply(engine, out, plan.id);
  const examples = await stillThere(engine, out, plan.id, held);
  await tellOfTheDesk(engine, out);
  const status = (await engine.retention.status()).find(({ id }) => id === plan.id);
  out.result({ id: plan.id, ...status, examples }, whereNext(plan.id, examples));
}

const policiesInForce = async (engine: Engine): Promise<number> =>
  Object.values(await engine.policies.inForce()).flat().length;

const indent = (line: string): string => `   ${line}`;

async function placeHold(engine: Engine, out: Output): Promise<string> {
  const { rows } = await engine.db.query<Row & { id: string }>(sql`
    select id::text from desk.customers order by ticket_count desc, id limit 1`);
  const customer = `customer/${rows[0]?.id ?? ''}`;
  const hold = await engine.holds.place(
    {
      scope: { kind: 'subject', record: customer },
      ground: 'litigation',
      authority: 'Legal department',
      reviewOn: '2027-05-01',
    },
    person('Lena, lawyer'),
  );
  out.say(`2. Lena places a hold on everything of ${customer}, who is in a lawsuit: ${hold.id}.`, '');
  return customer;
}

async function approve(engine: Engine, out: Output, plan: string): Promise<void> {
  try {
    await engine.retention.approve(plan, person('Olga, policy owner'));
  } catch (error) {
    if (!(error instanceof LetheError)) throw error;
    out.say(`4. Olga tries to approve her own plan: refused (${error.code}).`);
  }
  await engine.retention.approve(plan, person('Dana, data protection officer'));
  out.say('   Dana reads the plan and approves it.', '');
}

async function apply(engine: Engine, out: Output, plan: string): Promise<void> {
  const bar = progressBar(out.isJson);
  try {
    await engine.retention.apply(plan, person('Otto, operator'), { progress: bar.update });
  } finally {
    bar.stop();
  }
  const { rows } = await engine.db.query<Row & { tickets: string; messages: string }>(sql`
    select (select count(*) from desk.tickets) as tickets, (select count(*) from desk.messages) as messages`);
  const status = (await engine.retention.status()).find(({ id }) => id === plan);
  out.say(
    `5. Otto applies it: ${counted(status?.deleted ?? 0, 'ticket')} gone with all that belonged to them.`,
    `   Left: ${counted(rows[0]?.tickets ?? 0, 'ticket')}, ${counted(rows[0]?.messages ?? 0, 'message')}. Killed half-way, the same command goes on where it stopped.`,
    '',
  );
}

/** One ticket for every reason to be still there. */
async function stillThere(
  engine: Engine,
  out: Output,
  plan: string,
  held: string,
): Promise<readonly string[]> {
  const { rows } = await engine.db.query<Row & { record: string }>(sql`
    (select 'ticket/' || e.key as record from lethe.exception e join lethe.protection p on p.id = e.cause
     where e.plan_id = ${plan} and p.kind = 'hold' order by e.key limit 1)
    union all
    (select 'ticket/' || e.key from lethe.exception e join lethe.protection p on p.id = e.cause
     where e.plan_id = ${plan} and p.kind = 'floor' order by e.key limit 1)
    union all
    (select 'ticket/' || id from desk.tickets t
     where status = 'open' and category not in ('billing')
       and not exists (select from desk.ticket_tags x join desk.tags g on g.id = x.tag_id
                       where x.ticket_id = t.id and g.name = 'credit-note')
     order by id limit 1)`);
  const records = rows.map(({ record }) => record);
  out.say(
    `6. What is left, and why (the hold on ${held}, the duty to keep commercial letters, work that is not done):`,
  );
  for (const record of records) out.say(...whyLines(await engine.retention.why(record)).map(indent));
  out.say('');
  return records;
}

function whereNext(plan: string, [example = 'ticket/1']: readonly string[]): readonly string[] {
  return [
    'Look further, in this folder and without DATABASE_URL (every command works on this help desk):',
    `   npx lethe retention show ${plan}        every record of the plan, and what became of it`,
    `   npx lethe retention why ${example}`,
    `   npx lethe retention certificate ${plan} --out certificate.pdf   what an auditor gets`,
    '   npx lethe report privacy-notice --channel web --output notice.html   what people are told',
    '   npx lethe ledger verify                 every entry, block and signature',
    '   npx lethe hold list',
    '   npx lethe retention plan call-recordings   the next policy; they are in .lethe/policies',
    'Your own ticket system: README.md, "Your own ticket database".',
  ];
}
