import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { boundTo, invalid, type Binding } from './binding.js';
import { HEAD_BYTES, SEED_BYTES, TAG_BYTES } from './header.js';
import { KEY_BYTES, secretOf, type OpenKey } from './key.js';

const ALGORITHM = 'aes-256-gcm';
const SALT_BYTES = 16;
const PREFIX_AT = HEAD_BYTES + SALT_BYTES;
const PREFIX_BYTES = SEED_BYTES[2] - SALT_BYTES;
const NUMBER_AT = PREFIX_BYTES;
const LAST_AT = NUMBER_AT + 4;

/** Seals or opens the chunks of one value, in their order, under the value's own key. stream.ts tells the format. */
export class ChunkCipher {
  private readonly secret: Buffer;
  private readonly nonce = Buffer.alloc(LAST_AT + 1);
  private next = 0;

  /** @throws LetheError `key_let_go` */
  constructor(
    key: OpenKey,
    private readonly binding: Binding,
    header: Buffer,
  ) {
    const info = Buffer.concat([header, createHash('sha256').update(boundTo(binding)).digest()]);
    const salt = header.subarray(HEAD_BYTES, PREFIX_AT);
    this.secret = Buffer.from(hkdfSync('sha256', secretOf(key), salt, info, KEY_BYTES));
    header.copy(this.nonce, 0, PREFIX_AT);
  }

  /** Ciphertext and tag. */
  seal(plain: Uint8Array, isLast: boolean): readonly [Buffer, Buffer] {
    const cipher = createCipheriv(ALGORITHM, this.secret, this.nextNonce(isLast), {
      authTagLength: TAG_BYTES,
    });
    const sealed = cipher.update(plain);
    cipher.final(); // GCM holds nothing back
    return [sealed, cipher.getAuthTag()];
  }

  /** @throws LetheError `envelope_invalid` */
  open(sealed: Buffer, isLast: boolean): Buffer {
    if (sealed.length < TAG_BYTES) throw invalid(this.binding, 'it was cut short');
    const decipher = createDecipheriv(ALGORITHM, this.secret, this.nextNonce(isLast), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const plain = decipher.update(sealed.subarray(0, -TAG_BYTES));
    try {
      decipher.final();
    } catch {
      throw invalid(this.binding, 'it was changed or cut short, or it stands in a place that is not its own');
    }
    return plain;
  }

  wipe(): void {
    this.secret.fill(0);
  }

  /** Past 2^32 chunks, 256 TiB, the number does not fit and node refuses it: no nonce comes twice. */
  private nextNonce(isLast: boolean): Buffer {
    this.nonce.writeUInt32BE(this.next, NUMBER_AT);
    this.nonce[LAST_AT] = isLast ? 1 : 0;
    this.next += 1;
    return this.nonce;
  }
}
