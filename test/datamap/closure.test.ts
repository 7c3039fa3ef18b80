import { expect } from 'chai';
import { closureOf, deleteOrder, type ForeignKey } from '../../src/datamap/closure.js';
import type { MapTable } from '../../src/datamap/graph.js';
import { mapOf, tableOf, type Json } from './maps.js';

const edge = (child: string, parent: string, more: Json = {}): Json => ({
  child,
  parent,
  on: { [`${parent}_id`]: 'id' },
  then: 'delete',
  ...more,
});
const keyed = { key: { id: 'int' } };
const idsOf = (tables: readonly MapTable[]): readonly string[] => tables.map(({ id }) => id);

const graph = mapOf({
  tables: {
    people: { ...keyed, concept: 'customer' },
    tickets: { ...keyed, concept: 'ticket' },
    messages: { ...keyed, concept: 'message' },
    replies: keyed,
    files: keyed,
    blobs: keyed,
    notices: keyed,
    marks: {},
    links: {},
    settings: keyed,
  },
  edges: [
    edge('tickets', 'tickets'),
    edge('messages', 'tickets'),
    edge('messages', 'replies'),
    edge('replies', 'messages'),
    edge('files', 'messages'),
    edge('files', 'settings'),
    edge('blobs', 'files', { lastParent: true }),
    edge('blobs', 'settings', { lastParent: true }),
    edge('marks', 'messages'),
    edge('notices', 'tickets', { via: [{ table: 'links', child: 'a', parent: 'b' }] }),
    edge('people', 'tickets', { then: 'clear', on: { last_ticket: 'id' } }),
    edge('tickets', 'people', { then: 'keep', reason: 'they have a period of their own' }),
    edge('people', 'settings', { then: 'clear', on: { setting: 'id' } }),
  ],
  derived: [
    { when: 'messages', collect: 'select 1', run: 'update people set n = 1' },
    { when: 'settings', collect: 'select 1', run: 'update people set n = 1' },
  ],
});

describe('the closure of a record', () => {
  const closure = closureOf(graph, tableOf(graph, 'tickets'));
  const place = (id: string): number => idsOf(closure.tables).indexOf(id);

  it('has every table that loses rows, and no other', () => {
    expect(idsOf(closure.tables)).to.have.members([
      'tickets',
      'messages',
      'replies',
      'files',
      'blobs',
      'notices',
      'marks',
    ]);
  });

  it('lists children before their parents', () => {
    expect(place('blobs')).to.be.lessThan(place('files'));
    expect(place('files')).to.be.lessThan(place('messages'));
    expect(place('marks')).to.be.lessThan(place('messages'));
    expect(place('tickets')).to.equal(closure.tables.length - 1);
  });

  it('collects the keys of parents, of shared rows and of rows behind link tables; leaves need no key', () => {
    expect(idsOf(closure.inner)).to.have.members([
      'tickets',
      'messages',
      'replies',
      'files',
      'blobs',
      'notices',
    ]);
  });

  it('puts tables that lead back to themselves into one group, parents first', () => {
    const groups = closure.components.map(({ tables }) => idsOf(tables).toSorted().join());
    expect(groups[0]).to.equal('tickets');
    expect(groups.indexOf('messages,replies')).to.be.lessThan(groups.indexOf('files')).and.greaterThan(0);
    expect(groups.indexOf('files')).to.be.lessThan(groups.indexOf('blobs'));
    const cyclic = closure.components.find(({ tables }) => tables.length === 2);
    expect(cyclic?.inside.map(({ index }) => index)).to.deep.equal([2, 3]);
    expect(cyclic?.incoming.map(({ index }) => index)).to.deep.equal([1]);
  });

  it('fills a cycle before what hangs on it, in whatever order the map names the edges', () => {
    const late = mapOf({
      tables: {
        tickets: { ...keyed, concept: 'ticket' },
        messages: keyed,
        replies: keyed,
        files: keyed,
        blobs: keyed,
      },
      edges: [
        edge('files', 'tickets'),
        edge('blobs', 'files'),
        edge('files', 'messages'),
        edge('messages', 'tickets'),
        edge('replies', 'messages'),
        edge('messages', 'replies'),
      ],
    });
    const { components, tables } = closureOf(late, tableOf(late, 'tickets'));
    expect(components.map((group) => idsOf(group.tables).toSorted().join())).to.deep.equal([
      'tickets',
      'messages,replies',
      'files',
    ]);
    expect(idsOf(tables).slice(0, 2)).to.deep.equal(['blobs', 'files']);
  });

  it('keeps in mind every owner of a shared child, also those outside', () => {
    expect(closure.owners.map(({ index }) => index)).to.deep.equal([6, 7]);
  });

  it('clears and derives what hangs on its tables only; "keep" takes nothing', () => {
    expect(closure.clears.map(({ index }) => index)).to.deep.equal([10]);
    expect(closure.derived).to.have.length(1);
    expect(idsOf(closureOf(graph, tableOf(graph, 'people')).tables)).to.deep.equal(['people']);
  });

  it('is deleted in the order the foreign keys want, where there are any', () => {
    const key = (child: string, parent: string): ForeignKey => ({
      child: `"public"."${child}"`,
      parent: `"public"."${parent}"`,
      childColumns: ['x'],
      parentColumns: ['id'],
    });
    const order = idsOf(
      deleteOrder(closure, [key('files', 'blobs'), key('tickets', 'notices'), key('tickets', 'tickets')]),
    );
    expect(order).to.have.members(idsOf(closure.tables)).and.have.length(closure.tables.length);
    expect(order.indexOf('files')).to.be.lessThan(order.indexOf('blobs'));
    expect(order.indexOf('tickets')).to.be.lessThan(order.indexOf('notices'));
    expect(deleteOrder(closure, [])).to.deep.equal(closure.tables);
  });
});
