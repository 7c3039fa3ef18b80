import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import { keyAsText, keyIn, keyValue } from '../../src/datamap/key-sql.js';
import { keyText, parseRecord, recordName } from '../../src/datamap/record-ref.js';
import { literal, raw } from '../../src/db/sql.js';
import { bothDatabases } from '../support/database.js';
import { mapOf } from './maps.js';

const graph = mapOf({
  tables: {
    tickets: { key: { id: 'int' }, concept: 'ticket' },
    mails: { key: { id: 'bigint' }, concept: 'mail' },
    files: { key: { id: 'uuid' }, concept: 'file' },
    people: { key: { login: 'text' }, concept: 'person' },
    codes: { key: { code: 'char' }, concept: 'code' },
    parts: { key: { name: 'text', no: 'int', code: 'char' }, concept: 'part' },
  },
});

/** A name that every layer could spoil: list separators, URL and JSON escapes, quotes, other scripts, control characters. */
const NAME = 'Jörg, "a/b" 100% \\ ł 工 \t\u0001 \'x\', [1]';

describe('a record as people write it', () => {
  const spellings: readonly (readonly [string, string])[] = [
    ['ticket/77', '77'],
    ['ticket/-07', '-7'],
    ['mail/9223372036854775807', '9223372036854775807'],
    ['file/0A0B0C0D-1111-4222-8333-444455556666', '0a0b0c0d-1111-4222-8333-444455556666'],
    ['person/a/b,c%20d', 'a/b,c%20d'],
    ['person/Zoë\nB', 'Zoë\nB'],
    ['code/ab  ', 'ab'],
    ['part/a%2Cb,7,x', '["a,b", "7", "x"]'],
  ];
  for (const [text, key] of spellings)
    it(`${JSON.stringify(text)} has the key ${JSON.stringify(key)}, as the database prints it`, () => {
      expect(keyText(parseRecord(graph, text).key)).to.equal(key);
    });

  const refused: readonly (readonly [string, RegExp])[] = [
    ['77', /records are ticket, mail, file, person, code, part/],
    ['ticket/', /write it like/],
    ['tickets/77', /records are/],
    ['ticket/7 7', /of type int/],
    ['ticket/7.5', /of type int/],
    ['ticket/2147483648', /too large/],
    ['mail/9223372036854775808', /too large/],
    ['file/0a0b', /of type uuid/],
    ['person/a\0b', /of type text/],
    ['part/a,7', /3 key columns/],
    ['part/100%,7,x', /written %25/],
  ];
  for (const [text, reason] of refused)
    it(`${JSON.stringify(text)} is refused with the reason`, () => {
      expect(() => parseRecord(graph, text))
        .to.throw(LetheError, reason)
        .with.property('code', 'input_invalid');
    });

  it('has a name that reads back to the same key', () => {
    for (const table of graph.tables.values()) {
      const key = table.key.map(({ type }) => (type === 'text' ? NAME : type === 'char' ? 'ab' : '7'));
      if (table.id === 'files') continue;
      const name = recordName(table, keyText(key));
      expect(parseRecord(graph, name)).to.deep.equal({ table, key });
    }
  });
});

bothDatabases('a key in SQL', (open) => {
  it('is the same text there and here, and finds its row, whatever it holds', async () => {
    const { db, admin } = await open();
    await admin(`create table parts (name text, no int, code char(4), primary key (name, no, code));
      create table people (login text primary key); create table codes (code char(4) primary key);
      create table tickets (id int primary key); create table mails (id bigint primary key); create table files (id uuid primary key);
      insert into tickets values (-7); insert into mails values (9223372036854775807); insert into codes values ('ab');
      insert into files values ('0A0B0C0D-1111-4222-8333-444455556666')`);
    await admin('insert into parts values ($1, -7, $2)', [NAME, 'ab']);
    await admin('insert into people values ($1)', [NAME]);
    for (const table of graph.tables.values()) {
      const { rows } = await db.query<{ key: string; value: string }>(
        raw(
          `select ${keyAsText(table, 'this')} as key, (${keyValue(table, 'this')})::text as value from ${table.sql} this`,
        ),
      );
      const key = rows[0]?.key ?? '';
      expect(key).to.equal(rows[0]?.value);
      expect(keyText(parseRecord(graph, recordName(table, key)).key)).to.equal(key);
      const found = await db.query(
        raw(`select from ${table.sql} this where ${keyIn(table, 'this', `array[${literal(key)}]`)}`),
      );
      expect(found.count).to.equal(1, table.id);
    }
  });
});
