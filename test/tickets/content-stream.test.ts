import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { collected } from '../../src/core/pieces.js';
import { MemoryKeyring } from '../support/memory-keys.js';
import { rejection } from '../support/rejection.js';
import { closeDesks, refusal } from '../support/small-desk.js';
import { encryptedDesk } from './encrypted-desk.js';
import { agent, form, PERMITTED, writingDesk, type WritingDesk } from './writing-desk.js';

const MEGABYTE = 1024 * 1024;
/** In the clear of one slice and of several, as long as a slice and one byte longer; of one message and of chunks. */
const SIZES = [0, 1, 60, MEGABYTE, MEGABYTE + 1, 4 * MEGABYTE, 4 * MEGABYTE + 1, 9 * MEGABYTE];

for (const isEncrypted of [false, true])
  describe(`the content of a file, piece by piece (${isEncrypted ? 'encrypted' : 'in the clear'})`, () => {
    let here: WritingDesk;
    before(async () => {
      const encryption = isEncrypted ? { encryption: encryptedDesk } : {};
      here = await writingDesk(PERMITTED, undefined, encryption);
    });
    after(closeDesks);

    async function attached(bytes: Buffer): Promise<string> {
      const files = [{ fileName: 'f', mediaType: 'image/png', content: new Uint8Array(bytes) }];
      const { attachments } = await here.tickets.attach(agent, { message: 'message/6', files });
      return attachments[0] ?? '';
    }
    const rowOf = (ref: string): string => ref.split('/')[1] ?? '';

    it('is what was sent in, whatever its size', async () => {
      for (const size of SIZES) {
        const content = randomBytes(size);
        const ref = await attached(content);
        const stream = await here.tickets.attachmentStream(agent, ref);
        expect(stream).to.include({ size, mediaType: 'image/png' });
        expect((await collected(stream.pieces)).equals(content), String(size)).to.equal(true);
        expect(content.equals((await here.tickets.attachment(agent, ref)).content)).to.equal(true);
      }
    });

    it('comes in pieces that are small', async () => {
      const { pieces } = await here.tickets.attachmentStream(
        agent,
        await attached(randomBytes(9 * MEGABYTE)),
      );
      for await (const piece of pieces) expect(piece.length).to.be.at.most(4 * MEGABYTE);
    });

    it('is broken off, and says so, when the file is deleted or changed meanwhile', async () => {
      for (const change of ['delete from desk.attachments', 'update desk.attachments set size_bytes = 1']) {
        const ref = await attached(randomBytes(9 * MEGABYTE));
        const { pieces } = await here.tickets.attachmentStream(agent, ref);
        await here.desk.admin(`${change} where id = ${rowOf(ref)}`);
        expect(await rejection(collected(pieces))).to.deep.include({
          code: 'content_changed',
          details: { record: ref },
        });
      }
    });

    it('holds no connection while nobody reads on', async () => {
      const ref = await attached(randomBytes(9 * MEGABYTE));
      const begun = await Promise.all(
        Array.from({ length: 12 }, async () => {
          const { pieces } = await here.tickets.attachmentStream(agent, ref);
          const reader = pieces[Symbol.asyncIterator]();
          await reader.next();
          return reader;
        }),
      );
      expect((await here.tickets.read(agent, 'ticket/78')).ticket.record).to.equal('ticket/78');
      for (const reader of begun) await reader.return?.();
    });

    it('is recorded as a reading before any of it is given', async () => {
      const ref = await attached(Buffer.from('x'));
      await here.tickets.attachmentStream(form, ref); // no employee, whom nobody may watch here
      const entries = await here.rows(
        `select decision from lethe.access_log where record = 'attachment' and key = '${rowOf(ref)}' and deed = 'read'`,
      );
      expect(entries).to.deep.equal([{ decision: 'allow' }]);
    });
  });

describe('the content of an encrypted file, piece by piece', () => {
  let here: WritingDesk;
  let keys: MemoryKeyring;
  let ref: string;
  before(async () => {
    keys = new MemoryKeyring();
    here = await writingDesk(PERMITTED, undefined, { encryption: (desk) => encryptedDesk(desk, keys) });
    const files = [{ fileName: 'f', mediaType: 'image/png', content: randomBytes(9 * MEGABYTE) }];
    ref = (await here.tickets.attach(agent, { message: 'message/6', files })).attachments[0] ?? '';
  });
  after(closeDesks);
  afterEach(() => {
    keys.isAway = false;
  });

  it('is refused before it begins when the first of it was changed, or its key cannot be opened', async () => {
    keys.isAway = true;
    await refusal(here.tickets.attachmentStream(agent, ref), 'key_service_unavailable');
    keys.isAway = false;
    await changed(100);
    await refusal(here.tickets.attachmentStream(agent, ref), 'envelope_invalid');
    await changed(100);
    await collected((await here.tickets.attachmentStream(agent, ref)).pieces);
  });

  it('is broken off where it was changed or cut, and gives nothing of that piece', async () => {
    await changed(8 * MEGABYTE);
    await brokenOff();
    await changed(8 * MEGABYTE);
    await here.desk.admin(
      `update desk.attachments set content = substring(content from 1 for octet_length(content) - 65552) where id = ${ref.split('/')[1] ?? ''}`,
    );
    await brokenOff();
  });

  const changed = (at: number): Promise<unknown> =>
    here.desk.admin(
      `update desk.attachments set content = set_byte(content, ${at}, get_byte(content, ${at}) # 1) where id = ${ref.split('/')[1] ?? ''}`,
    );

  async function brokenOff(): Promise<void> {
    const { pieces, size } = await here.tickets.attachmentStream(agent, ref);
    let given = 0;
    const reading = (async () => {
      for await (const piece of pieces) given += piece.length;
    })();
    expect(await rejection(reading)).to.include({ code: 'envelope_invalid' });
    expect(given).to.be.greaterThan(MEGABYTE).and.lessThan(size);
  }
});
