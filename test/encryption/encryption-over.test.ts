import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { fixedClock } from '../../src/core/clock.js';
import { loadMap } from '../../src/datamap/load.js';
import { encryptionOver } from '../../src/encryption/encryption-over.js';
import type { Place, Value } from '../../src/encryption/encryption.js';
import { encryptionBegun } from '../../src/encryption/state.js';
import { sql } from '../../src/db/sql.js';
import { envelopeBytes, envelopeText, keyIdOf, TEXT_PREFIX } from '../../src/keys/envelope.js';
import { bothDatabasesOnce } from '../support/database.js';
import { flipped } from '../support/flipped.js';
import { MemoryKeyring } from '../support/memory-keys.js';
import { refusal } from '../support/small-desk.js';
import { AT, cell, customerPlace, encrypt, encryptedDesk, messagePlace } from './encrypted-desk.js';
import { flippedOf, respelled, withKeyOf } from './tampered.js';

const ANN = customerPlace('12');
const FILE = { table: 'attachments', row: '7', owner: { record: 'ticket', key: '3' } } as const;
const keyOf = (value: Value): string | null => keyIdOf(envelopeBytes(String(value)) ?? Buffer.alloc(0));

bothDatabasesOnce('what is stored encrypted', (open) => {
  describe('protected columns', () => {
    it('stay as they are while encryption is off, and nothing is asked of the vault', async () => {
      const desk = await encryptedDesk(open, 'off');
      desk.ring.isAway = true;
      const values = { name: 'Ann', email: 'ann@example.org', phone: null };
      expect(await encrypt(desk, desk.encryption, ANN, values)).to.deep.equal(values);
      expect(await desk.encryption.decrypt([cell(ANN, 'name', 'Ann')])).to.deep.equal(['Ann']);
      expect(await desk.encryption.isOn(desk.db)).to.equal(false);
      expect(await desk.encryption.digests(desk.db, 'email', 'ann@example.org')).to.equal(null);
      expect(await desk.admin('select 1 from lethe.data_key')).to.deep.equal([]);
    });

    it('come back as they were: umlauts, quotes, nothing, five megabytes; bytes stay bytes, null stays null', async () => {
      const desk = await encryptedDesk(open, 'on');
      const texts = [
        'Müller-Ørsted ß 漢字 👩‍🚀',
        `'; drop table "x"; -- \\ '' $$`,
        '',
        ' ',
        'ü'.repeat(2_500_000),
        'lk1.AAAA',
        'é',
      ];
      for (const text of texts) {
        const stored = await encrypt(desk, desk.encryption, ANN, { name: text });
        expect(stored.name).to.match(/^lk1\.[A-Za-z0-9_-]+$/);
        expect(stored.name).to.not.contain(text === '' || text === ' ' ? '\0' : text);
        expect(await desk.encryption.decrypt([cell(ANN, 'name', stored.name)])).to.deep.equal([text]);
      }
      for (const bytes of [Buffer.alloc(0), Buffer.from('LK\u0001'), randomBytes(5_000_000)]) {
        const { content } = await encrypt(desk, desk.encryption, FILE, { content: bytes });
        expect(Buffer.from(content).includes(bytes.subarray(0, 16)), 'nothing of it shows').to.equal(
          bytes.length === 0 || bytes.length === 3,
        );
        const [back] = await desk.encryption.decrypt([cell(FILE, 'content', content)]);
        expect(Buffer.from(back as Uint8Array).equals(bytes)).to.equal(true);
      }
      const none = { phone: null, country: 'DE', language: 'lk1.no' };
      expect(await encrypt(desk, desk.encryption, ANN, none)).to.equal(none);
      expect(
        await desk.encryption.decrypt([cell(ANN, 'phone', null), cell(ANN, 'language', 'lk1.no')]),
      ).to.deep.equal([null, 'lk1.no']);
    });

    it('stand in the database as envelopes, each with a nonce of its own, and are read in their order', async () => {
      const desk = await encryptedDesk(open, 'on');
      const places = Array.from({ length: 20 }, (_, index) =>
        messagePlace(String(index + 1), String(1 + (index % 3))),
      );
      const stored = await Promise.all(
        places.map((place) => encrypt(desk, desk.encryption, place, { body: 'same', source_ref: null })),
      );
      expect(new Set(stored.map(({ body }) => body))).to.have.length(20);
      const mixed = places.flatMap((place, index) => [
        cell(place, 'body', stored[index]?.body ?? null),
        cell(place, 'source_ref', null),
        cell(place, 'channel', `web ${index}`),
      ]);
      expect(await desk.encryption.decrypt(mixed)).to.deep.equal(
        places.flatMap((_, index) => ['same', null, `web ${index}`]),
      );
      expect(await desk.admin('select record, key, use from lethe.data_key order by key')).to.deep.equal(
        ['1', '2', '3'].map((key) => ({ record: 'ticket', key, use: 'ticket' })),
      );
    });

    it('have one key an owner, however many write at once; what lost encrypts nothing', async () => {
      const desk = await encryptedDesk(open, 'on');
      const stored = await Promise.all(
        ['a', 'b', 'c', 'd', 'e'].map((name) => encrypt(desk, desk.another(), ANN, { name })),
      );
      expect(new Set(stored.map(({ name }) => keyOf(name)))).to.have.length(1);
      expect(await desk.encryption.decrypt(stored.map(({ name }) => cell(ANN, 'name', name)))).to.deep.equal([
        'a',
        'b',
        'c',
        'd',
        'e',
      ]);
      expect(await desk.admin('select use from lethe.data_key')).to.deep.equal([{ use: 'subject' }]);
    });

    it('leave an orphan in the vault after a rollback, and the next writer makes another key', async () => {
      const desk = await encryptedDesk(open, 'on');
      await refusal(
        desk.db.transaction(async (tx) => {
          await desk.encryption.encrypt(tx, ANN, { name: 'Ann' });
          await tx.query(sql`select 1 / 0`);
        }),
        'database_failed',
      );
      expect(await desk.admin('select 1 from lethe.data_key')).to.deep.equal([]);
      expect(desk.ring.keys.size).to.equal(1);
      const { name } = await encrypt(desk, desk.encryption, ANN, { name: 'Ann' });
      expect(await desk.encryption.decrypt([cell(ANN, 'name', name)])).to.deep.equal(['Ann']);
    });

    it('can be read in the transaction that wrote them', async () => {
      const desk = await encryptedDesk(open, 'converting');
      const back = await desk.db.transaction(async (tx) => {
        const { name } = await desk.encryption.encrypt(tx, ANN, { name: 'Ann' });
        return desk.another().decrypt([cell(ANN, 'name', name), cell(ANN, 'city', 'Köln')], tx);
      });
      expect(back).to.deep.equal(['Ann', 'Köln']);
    });

    it('get a new key where the old one has ended', async () => {
      const desk = await encryptedDesk(open, 'on');
      const before = await encrypt(desk, desk.encryption, ANN, { name: 'Ann' });
      await desk.admin('update lethe.data_key set ended_at = $1', [AT]);
      const after = await encrypt(desk, desk.encryption, ANN, { name: 'Ann' });
      expect(keyOf(after.name)).to.not.equal(keyOf(before.name));
    });

    it('are written under the key of a record that the map names, and of no other', async () => {
      const desk = await encryptedDesk(open, 'on');
      const error = await encrypt(
        desk,
        desk.encryption,
        { ...ANN, owner: { record: 'ticket', key: '1' } },
        { name: 'Ann' },
      ).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(TypeError);
      expect(desk.ring.keys.size).to.equal(0);
    });

    it('are refused, both ways, without keys or without the key service; what needs none goes on', async () => {
      const desk = await encryptedDesk(open, 'on');
      const { name } = await encrypt(desk, desk.encryption, ANN, { name: 'Ann' });
      const without = desk.another(null);
      await refusal(encrypt(desk, without, ANN, { name: 'Ann' }), 'keys_unset');
      await refusal(without.decrypt([cell(ANN, 'name', name)]), 'keys_unset');
      await refusal(without.digests(desk.db, 'email', 'ann@example.org'), 'keys_unset');
      desk.ring.isAway = true;
      await refusal(encrypt(desk, desk.encryption, ANN, { name: 'Ann' }), 'key_service_unavailable');
      await refusal(
        encrypt(desk, desk.encryption, customerPlace('13'), { name: 'Bob' }),
        'key_service_unavailable',
      );
      await refusal(desk.encryption.decrypt([cell(ANN, 'name', name)]), 'key_service_unavailable');
      expect(
        await desk.encryption.decrypt([cell(ANN, 'phone', null), cell(ANN, 'country', 'DE')]),
      ).to.deep.equal([null, 'DE']);
      expect(await encrypt(desk, desk.encryption, ANN, { phone: null, country: 'DE' })).to.deep.equal({
        phone: null,
        country: 'DE',
      });
    });

    it('of a map that protects nothing pass through, whatever the database says', async () => {
      const desk = await encryptedDesk(open, 'on');
      const graph = await loadMap('request-tracker-5', { organization: 'lab.example' }, '.');
      const encryption = encryptionOver({
        db: desk.db,
        graph,
        keyring: new MemoryKeyring(),
        clock: fixedClock(AT),
      });
      const place = { table: 'users', row: '1', owner: { record: 'customer', key: '1' } };
      const values = { EmailAddress: 'lk1.as-it-is' };
      expect(await encrypt(desk, encryption, place, values)).to.equal(values);
      expect(await encryption.decrypt([cell(place, 'EmailAddress', 'lk1.as-it-is')])).to.deep.equal([
        'lk1.as-it-is',
      ]);
      const entry = {
        record: 'customer',
        key: '1',
        kind: 'email',
        value: 'a@b.example',
        country: null,
      } as const;
      expect(await desk.db.transaction((tx) => encryption.index(tx, entry))).to.equal(true);
      expect(await desk.admin('select 1 from lethe.blind_index')).to.deep.equal([]);
    });
  });

  describe('a process that does not know yet that another one turned encryption on', () => {
    it('never shows an envelope, and encrypts what it writes next', async () => {
      const desk = await encryptedDesk(open, 'off');
      const early = desk.another();
      expect(await early.decrypt([cell(ANN, 'name', 'Ann')])).to.deep.equal(['Ann']);
      for (const state of ['converting', 'on'] as const) {
        await desk.become(state);
        const { name } = await encrypt(desk, desk.encryption, ANN, { name: 'Ann' });
        expect(await early.decrypt([cell(ANN, 'name', name)])).to.deep.equal(['Ann']);
        expect((await encrypt(desk, early, ANN, { name: 'Ann' })).name).to.match(/^lk1\./);
      }
    });

    it('is told by the database when it stores plaintext, and learns that it may try again', async () => {
      const desk = await encryptedDesk(open, 'off');
      await desk.admin(
        'create trigger refused before insert on desk.tags for each row execute function lethe.refuse_plaintext()',
      );
      const failure = await refusal(
        desk.db.transaction((tx) => tx.query(sql`insert into desk.tags (name) values ('x')`)),
        'encryption_begun',
      );
      expect(encryptionBegun(failure)).to.equal(true);
      await desk.admin('drop trigger refused on desk.tags');
      expect(encryptionBegun(await refusal(desk.db.query(sql`select 1 / 0`)))).to.equal(false);
    });

    it('does not take for stored in the clear what was encrypted while it was being read', async () => {
      const desk = await encryptedDesk(open, 'converting');
      const reader = desk.another();
      expect(await reader.decrypt([cell(ANN, 'name', 'Ann')])).to.deep.equal(['Ann']);
      await desk.become('on');
      expect(await reader.decrypt([cell(ANN, 'name', 'Ann')])).to.deep.equal(['Ann']);
      await refusal(reader.decrypt([cell(ANN, 'name', 'Ann')]), 'value_unencrypted');
    });
  });

  describe('a value that was tampered with', () => {
    const invalidOnes = ['envelope_invalid', 'key_unknown', 'value_unencrypted'];

    /** The code that reading it gives; fails when anything is read. */
    const codeOf = async (read: Promise<unknown>): Promise<string> => (await refusal(read)).code;

    it('gives a code in another row, column, table or map, and under the key of somebody else', async () => {
      const desk = await encryptedDesk(open, 'on');
      const { name } = await encrypt(desk, desk.encryption, ANN, { name: 'Ann' });
      const { body } = await encrypt(desk, desk.encryption, messagePlace('12', '3'), { body: 'Ann' });
      const { content } = await encrypt(desk, desk.encryption, FILE, { content: Buffer.from('Ann') });
      const bob = await encrypt(desk, desk.encryption, customerPlace('13'), { name: 'Bob' });
      const swapped = [
        cell(customerPlace('13'), 'name', name),
        cell(ANN, 'city', name),
        cell({ table: 'tickets', row: '12' }, 'subject', name),
        cell(ANN, 'name', body),
        cell(ANN, 'name', bob.name),
        cell({ ...FILE, row: '8' }, 'content', content),
        cell({ table: 'call_recordings', row: '7' }, 'content', content),
        cell(ANN, 'name', withKeyOf(name, bob.name)),
        cell(FILE, 'content', Buffer.from(name)), // an envelope's text where its bytes stand
      ];
      const codes = [];
      for (const one of swapped) codes.push(await codeOf(desk.encryption.decrypt([one])));
      expect(codes).to.deep.equal([...Array<string>(8).fill('envelope_invalid'), 'value_unencrypted']);
      await desk.admin(`update lethe.encryption set map_id = 'another'`);
      expect(await codeOf(desk.another().decrypt([cell(ANN, 'name', name)]))).to.equal('envelope_invalid');
    });

    it('gives a code cut off anywhere, with any bit changed, and spelled in another way', async () => {
      const desk = await encryptedDesk(open, 'on');
      const { name } = await encrypt(desk, desk.encryption, ANN, { name: 'Ann' });
      const { content } = await encrypt(desk, desk.encryption, FILE, { content: Buffer.from('Ann') });
      const bytes = Buffer.from(content);
      const altered: readonly (readonly [Place, string, Value])[] = [
        ...Array.from({ length: name.length }, (_, end) => [ANN, 'name', name.slice(0, end)] as const),
        ...Array.from(
          { length: bytes.length },
          (_, end) => [FILE, 'content', bytes.subarray(0, end)] as const,
        ),
        ...flippedOf(bytes).map((flipped) => [FILE, 'content', flipped] as const),
        ...flippedOf(envelopeBytes(name) ?? bytes).map(
          (flipped) => [ANN, 'name', envelopeText(flipped)] as const,
        ),
        ...[
          `${name}=`,
          `${name} `,
          `${name}A`,
          name.replace('lk1.', 'LK1.'),
          name.replace('lk1.', 'lk2.'),
          respelled(name),
        ].map((text) => [ANN, 'name', text] as const),
      ];
      const codes = new Map<string, number>();
      for (const [place, column, value] of altered) {
        const code = await codeOf(desk.encryption.decrypt([cell(place, column, value)]));
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
      expect([...codes.keys()].sort()).to.deep.equal(invalidOnes);
      expect(altered.length).to.be.greaterThan(900);
    });

    it('gives a code in chunks, too: five megabytes cut, changed, or put together anew', async () => {
      const desk = await encryptedDesk(open, 'on');
      const plain = randomBytes(5_000_000);
      const { content } = await encrypt(desk, desk.encryption, FILE, { content: plain });
      const bytes = Buffer.from(content);
      const changed = [0, 3, 4, 30, 45, 70_000, bytes.length - 1].map((at) => flipped(bytes, at * 8));
      const cut = [47, 60, 65_600, bytes.length - 16, bytes.length - 1].map((end) => bytes.subarray(0, end));
      const moved = Buffer.concat([
        bytes.subarray(0, 43),
        bytes.subarray(43 + 65_552),
        bytes.subarray(43, 43 + 65_552),
      ]);
      for (const one of [...changed, ...cut, moved])
        expect(invalidOnes).to.include(await codeOf(desk.encryption.decrypt([cell(FILE, 'content', one)])));
      const [back] = await desk.encryption.decrypt([cell(FILE, 'content', bytes)]);
      expect(plain.equals(back as Uint8Array)).to.equal(true);
    });
  });

  describe('a text that only looks like an envelope', () => {
    const lookalike = `${TEXT_PREFIX}${Buffer.concat([Buffer.from('LK\u0001\u0001'), randomBytes(60)]).toString('base64url')}`;
    const texts = [TEXT_PREFIX, `${TEXT_PREFIX}hello world`, lookalike];

    it('is a text while nothing, or not everything, is encrypted; where all is, it is damage', async () => {
      const desk = await encryptedDesk(open, 'off');
      const cells = texts.map((text) => cell(ANN, 'name', text));
      expect(await desk.another().decrypt(cells)).to.deep.equal(texts);
      await desk.become('converting');
      expect(await desk.another().decrypt(cells)).to.deep.equal(texts);
      expect(await desk.another(null).decrypt(cells)).to.deep.equal(texts);
      await desk.become('on');
      const codes = [];
      for (const each of cells) codes.push((await refusal(desk.another().decrypt([each]))).code);
      expect(codes).to.deep.equal(['envelope_invalid', 'envelope_invalid', 'key_unknown']);
    });

    it('is damage once all is encrypted, also for a process that last saw that not everything was', async () => {
      const desk = await encryptedDesk(open, 'converting');
      const cut = envelopeText(Buffer.concat([Buffer.from('LK\u0001\u0001'), randomBytes(60)]));
      expect(await desk.encryption.decrypt([cell(ANN, 'name', cut)])).to.deep.equal([cut]);
      await desk.become('on');
      expect((await refusal(desk.encryption.decrypt([cell(ANN, 'name', cut)]))).code).to.equal('key_unknown');
    });

    it('is not what a destroyed key encrypted: that is never shown as if it were a text', async () => {
      const desk = await encryptedDesk(open, 'converting');
      const { name } = await encrypt(desk, desk.encryption, ANN, { name: 'Ann' });
      await desk.ring.destroy([keyOf(name) ?? ''], AT);
      await refusal(desk.encryption.decrypt([cell(ANN, 'name', name)]), 'key_destroyed');
      await refusal(desk.another(null).decrypt([cell(ANN, 'name', name)]), 'keys_unset');
    });
  });
});
