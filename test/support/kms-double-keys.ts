import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { KmsFault } from './kms-double-fault.js';

export type Context = Readonly<Record<string, string>>;

/** A KMS key in one Region; related multi-Region keys share id and material. */
export interface DoubleKey {
  readonly id: string;
  readonly region: string;
  readonly arn: string;
  readonly spec: string;
  readonly usage: string;
  readonly primary: string | null;
  readonly material: Buffer;
  state: string;
  deletionAt: number | null;
}

export const ACCOUNT = '111122223333';
const arnOf = (region: string, resource: string): string => `arn:aws:kms:${region}:${ACCOUNT}:${resource}`;

/** The keys and aliases of all Regions. */
export class DoubleKeys {
  private readonly keys = new Map<string, DoubleKey>();
  private readonly aliases = new Map<string, string>();

  add(region: string, spec: string, usage: string, multiRegion: boolean, state = 'Enabled'): DoubleKey {
    const id = multiRegion ? `mrk-${randomBytes(16).toString('hex')}` : randomUUID();
    const primary = multiRegion ? region : null;
    return this.keep({ id, region, spec, usage, primary, state, material: randomBytes(32) });
  }

  replicate(key: DoubleKey, region: string): DoubleKey {
    if (key.primary !== key.region)
      throw new KmsFault('UnsupportedOperationException', 'not a multi-Region primary key');
    if (this.keys.has(arnOf(region, `key/${key.id}`)))
      throw new KmsFault('AlreadyExistsException', 'a related key is in that Region');
    return this.keep({ ...key, region });
  }

  point(region: string, alias: string, key: DoubleKey, exists: boolean): void {
    const arn = arnOf(region, alias);
    if (this.aliases.has(arn) !== exists)
      throw exists
        ? new KmsFault('NotFoundException', `Alias ${arn} is not found.`)
        : new KmsFault('AlreadyExistsException', `An alias with the name ${arn} already exists`);
    this.aliases.set(arn, key.arn);
  }

  forget(region: string, alias: string): void {
    if (!this.aliases.delete(arnOf(region, alias)))
      throw new KmsFault('NotFoundException', `Alias ${alias} is not found.`);
  }

  /** By id, ARN, alias or alias ARN, in the Region that was asked. */
  find(region: string, given: string): DoubleKey {
    const arn = given.startsWith('arn:')
      ? given
      : arnOf(region, given.startsWith('alias/') ? given : `key/${given}`);
    const key = this.keys.get(this.aliases.get(arn) ?? arn);
    if (key?.region !== region) throw new KmsFault('NotFoundException', `Key '${given}' does not exist`);
    return key;
  }

  private keep(parts: Omit<DoubleKey, 'arn' | 'deletionAt'>): DoubleKey {
    const key = { ...parts, arn: arnOf(parts.region, `key/${parts.id}`), deletionAt: null };
    this.keys.set(key.arn, key);
    return key;
  }
}

const MAGIC = Buffer.from('KMS-double/1');

/** version · length and id of the key · nonce (12) · ciphertext · tag (16), AES-256-GCM with key id and context as associated data */
export function encryptWith(key: DoubleKey, context: Context, plain: Buffer): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key.material, nonce).setAAD(bound(key, context));
  const id = Buffer.from(key.id);
  const sealed = [nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat([MAGIC, Buffer.from([id.length]), id, ...sealed]);
}

/** The id of the key that a ciphertext says it was made with. */
export function keyIdIn(blob: Buffer): string {
  if (!blob.subarray(0, MAGIC.length).equals(MAGIC)) throw invalid();
  return blob.toString('utf8', MAGIC.length + 1, MAGIC.length + 1 + (blob[MAGIC.length] ?? 0));
}

export function decryptWith(key: DoubleKey, context: Context, blob: Buffer): Buffer {
  const sealed = blob.subarray(MAGIC.length + 1 + (blob[MAGIC.length] ?? 0));
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.material, sealed.subarray(0, 12));
    decipher.setAAD(bound(key, context)).setAuthTag(sealed.subarray(-16));
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
  } catch {
    throw invalid();
  }
}

export const invalid = (): KmsFault => new KmsFault('InvalidCiphertextException', '');

const bound = ({ id }: DoubleKey, context: Context): Buffer =>
  Buffer.from(JSON.stringify([id, Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))]));
