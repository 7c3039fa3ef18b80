import { byTurns, rounded, seconds, type Bench } from './bench.js';
import { serverLine, templateDatabase, type Template } from './databases.js';
import { MESSAGES_PER_TICKET } from './desk-data.js';
import { actor, approvedPlan, makeDesk, withDesk } from './desk-engine.js';

/** Time to apply as many due tickets in a desk ten times as large: nothing a batch does may grow with the desk. */
export const retentionGrowth: Bench = async (options) => {
  const due = options.small ? 960 : 10_016;
  const tickets = options.small ? 2000 : 100_000;
  const dataset = `${due} due tickets of ${10 * tickets} against ${due} of ${tickets}, ${MESSAGES_PER_TICKET} messages each`;
  options.say(`retention-growth: ${dataset}; ${await serverLine()}`);
  const templates: PlannedTemplate[] = [];
  try {
    for (const size of [10 * tickets, tickets]) templates.push(await plannedDesk(size, due));
    const [large, small] = templates;
    if (!large || !small) throw new Error('no desks');
    const [grown, before] = await byTurns(
      options,
      { name: `of ${10 * tickets}`, run: () => applyCopy(large) },
      { name: `of ${tickets}`, run: () => applyCopy(small) },
    );
    return {
      bench: 'retention-growth',
      ratio: rounded(grown / before),
      bound: '<=1.3',
      dataset,
      runs: options.runs,
      ticketsPerSecond: Math.round(due / grown),
    };
  } finally {
    for (const { template } of templates) await template.drop();
  }
};

interface PlannedTemplate {
  readonly template: Template;
  readonly plan: string;
}

async function plannedDesk(tickets: number, due: number): Promise<PlannedTemplate> {
  let plan = '';
  const template = await templateDatabase(async (url) => {
    await makeDesk(url, { tickets, due });
    plan = await withDesk(url, approvedPlan);
  });
  return { template, plan };
}

const applyCopy = ({ template, plan }: PlannedTemplate): Promise<number> =>
  template.onCopy((url) =>
    withDesk(url, (desk) => seconds(() => desk.retention.apply(plan, actor('worker')))),
  );
