import { expect } from 'chai';
import { compileMap } from '../../src/datamap/compile.js';
import { dataMapSchema } from '../../src/datamap/schema.js';
import type { Problem } from '../../src/core/errors.js';
import { readRetentionPolicy } from '../../src/policy/retention-policy.js';
import { bindRule, takesSql } from '../../src/policy/rule-sql.js';
import { at } from '../core/at.js';
import { freshDatabase } from '../support/database.js';

const MAP = {
  ...{ kind: 'data-map', id: 'indexed', schema: 'public', enforces: [], edges: [] },
  tables: {
    tickets: {
      key: { id: 'bigint' },
      concept: 'ticket',
      columns: {
        status: { type: 'text' },
        queue: { type: 'int' },
        closed_at: { type: 'timestamptz' },
        resolved: { type: 'timestamp', zone: 'UTC', unset: ['1970-01-01 00:00:00'] },
      },
      facts: {
        status: { column: 'status' },
        queue: { column: 'queue' },
        closedAt: { column: 'closed_at' },
        resolvedAt: { column: 'resolved' },
      },
    },
  },
};

function takes(when: unknown, from: string): string {
  const problems: Problem[] = [];
  const content = {
    ...{
      kind: 'retention',
      id: 'rule',
      title: 'A rule',
      record: 'ticket',
      activity: 'testing',
      ground: 'purpose',
    },
    ...{
      reason: 'a test',
      when,
      keep: { for: 'P3Y', from, timeZone: 'Europe/Berlin' },
      then: { action: 'delete' },
    },
  };
  const graph = compileMap(dataMapSchema.parse(MAP), 'indexed.json', {});
  const policy = readRetentionPolicy(graph, { path: 'rule.json', content }, problems);
  if (!policy) throw new Error(JSON.stringify(problems));
  return takesSql(bindRule(policy, at('2026-11-21T00:00:00Z')));
}

describe('indexes', () => {
  const closed = { fact: 'status', operator: 'equal', value: 'closed' };
  const queues = { fact: 'queue', operator: 'in', value: [7, 8] };
  const rules: readonly (readonly [string, unknown, string, RegExp])[] = [
    ['status and start event', closed, 'closedAt', /Index Cond:.*status = 'closed'.*closed_at <= /],
    [
      'a list and start event',
      { all: [queues, closed] },
      'resolvedAt',
      /Index Cond:.*queue = ANY.*resolved <= /,
    ],
    [
      'a negated inequality',
      { not: { ...closed, operator: 'notEqual' } },
      'closedAt',
      /Index Cond:.*status = 'closed'/,
    ],
  ];

  it('serve the SQL of a rule on its columns', async function () {
    this.timeout(60_000);
    const { admin, drop } = await freshDatabase();
    try {
      await admin(`
        create table tickets (id bigint primary key, status text not null, queue int not null, closed_at timestamptz, resolved timestamp);
        insert into tickets select n, case when n % 50 = 0 then 'closed' else 'open' end, n % 100,
          timestamptz '2020-01-01Z' + n * interval '1 hour', timestamp '2020-01-01' + n * interval '1 hour' from generate_series(1, 50000) n;
        create index on tickets (status, closed_at);
        create index on tickets (queue, resolved);
        analyze tickets`);
      for (const [what, when, from, expected] of rules) {
        const rows = await admin<{ 'QUERY PLAN': string }>(
          `explain select this.id from public.tickets this where ${takes(when, from)}`,
        );
        const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
        expect(plan, what).to.match(expected);
        expect(plan, what).not.to.contain('Seq Scan');
      }
    } finally {
      await drop();
    }
  });
});
