import { expect } from 'chai';
import { unreachedColumns } from '../../src/doctor/unreached-columns.js';
import { floor, mapOf, policiesOf, rule, ticketTable, type Json } from '../support/small-desk.js';
import { lines } from './desk.js';

const personal = { type: 'text', category: 'user.name' };
const id = { type: 'bigint', category: 'user.unique_id' };

const MAP: Json = {
  tables: {
    tickets: ticketTable(),
    messages: { key: { id: 'bigint' }, columns: { ticket_id: { type: 'bigint' }, body: personal } },
    people: {
      key: { id: 'bigint' },
      concept: 'person',
      columns: { name: personal, left_at: { type: 'timestamptz' } },
      facts: { leftAt: { column: 'left_at' } },
    },
    notes: {
      key: { id: 'bigint' },
      columns: { ticket_id: { type: 'bigint' }, author: personal, text: personal },
    },
    loose: {
      key: { id: 'bigint' },
      columns: Object.fromEntries('abcdefghi'.split('').map((name) => [name, personal])),
    },
    settings: { key: { id: 'bigint' }, columns: { made_by: id } },
    queues: { key: { id: 'bigint' }, columns: { made_by: id } },
    counters: { key: { id: 'bigint' }, columns: { value: { type: 'bigint' } } },
  },
  edges: [
    { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
    {
      child: 'notes',
      parent: 'tickets',
      on: { ticket_id: 'id' },
      then: 'clear',
      set: { author: null, text: '' },
    },
  ],
};

const graph = mapOf(MAP);
const found = (...files: readonly Json[]) => unreachedColumns(graph, policiesOf(graph, files));

describe('personal columns', () => {
  it('count as reached by a rule over their record, along with it, or where its deletion clears them', () => {
    expect(lines(found(rule()))).to.deep.equal([
      'warning personal_columns_unreached tables.people',
      'warning personal_columns_unreached tables.loose',
      'hint personal_ids_unreached tables',
    ]);
    const gone = rule({
      id: 'gone',
      record: 'person',
      keep: { for: 'P1Y', from: 'leftAt', timeZone: 'UTC' },
    });
    expect(lines(found(rule(), gone)).join()).not.to.contain('people');
  });

  it('are not reached by a duty to keep', () => {
    expect(lines(found(floor())).join())
      .to.contain('tables.messages')
      .and.to.contain('tables.notes');
  });

  it('are told together, with the record a rule would have to be about', () => {
    const [people, loose, ids] = found(rule()).map(({ message }) => message);
    expect(people).to.contain('a personal column (name): publish a rule with "record": "person"');
    expect(loose).to.contain('9 personal columns (a, b, c, d, e, f and 3 more): give the table a "concept"');
    expect(ids).to.contain('2 tables').and.to.contain('(settings, queues)');
  });

  it('of a table that may lose no row are told with the reason', () => {
    const kept = mapOf({
      ...MAP,
      tables: {
        tickets: ticketTable(),
        people: { ...people(), forbids: { delete: 'every row names them' } },
      },
      edges: [],
    });
    const [one] = unreachedColumns(kept, policiesOf(kept, [rule()]));
    expect(one?.message).to.contain('the map forbids deleting here (every row names them)');
  });
});

const people = (): Json => (MAP['tables'] as Record<string, Json>)['people'] ?? {};
