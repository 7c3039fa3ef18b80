import { randomBytes } from 'node:crypto';
import { KmsFault } from './kms-double-fault.js';
import { refused, type Input } from './kms-double-input.js';
import {
  ACCOUNT,
  decryptWith,
  encryptWith,
  invalid,
  keyIdIn,
  type DoubleKey,
  type DoubleKeys,
} from './kms-double-keys.js';

export interface Call {
  readonly keys: DoubleKeys;
  readonly region: string;
  readonly input: Input;
}

const SPECS: Readonly<Record<string, readonly string[]>> = {
  SYMMETRIC_DEFAULT: ['ENCRYPT_DECRYPT'],
  RSA_2048: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  ECC_NIST_P256: ['SIGN_VERIFY', 'KEY_AGREEMENT'],
  HMAC_256: ['GENERATE_VERIFY_MAC'],
};
const DAY_SECONDS = 86_400;

/** What each operation does and answers, without the HTTP around it. */
export const OPERATIONS: Readonly<Record<string, (call: Call) => object>> = {
  CreateKey: ({ keys, region, input }) => {
    const spec = input.textOr('KeySpec', 'SYMMETRIC_DEFAULT');
    const usage = input.textOr('KeyUsage', 'ENCRYPT_DECRYPT');
    if (!SPECS[spec]?.includes(usage)) throw refused(`KeyUsage ${usage} is not for KeySpec ${spec}`);
    const state = input.textOr('Origin', 'AWS_KMS') === 'EXTERNAL' ? 'PendingImport' : 'Enabled';
    return { KeyMetadata: metadataOf(keys.add(region, spec, usage, input.flag('MultiRegion'), state)) };
  },
  CreateAlias: (call) => pointAlias(call, false),
  UpdateAlias: (call) => pointAlias(call, true),
  DeleteAlias: ({ keys, region, input }) => {
    keys.forget(region, input.text('AliasName'));
    return {};
  },
  DescribeKey: (call) => ({ KeyMetadata: metadataOf(named(call)) }),
  EnableKey: (call) => setState(call, 'Enabled'),
  DisableKey: (call) => setState(call, 'Disabled'),
  ScheduleKeyDeletion: (call) => {
    const key = named(call);
    const days = call.input.number('PendingWindowInDays') ?? 30;
    if (days < 7 || days > 30) throw refused('PendingWindowInDays must be between 7 and 30');
    if (key.state === 'PendingDeletion') throw inState(key);
    key.state = 'PendingDeletion';
    key.deletionAt = Math.floor(Date.now() / 1000) + days * DAY_SECONDS;
    return {
      KeyId: key.arn,
      KeyState: key.state,
      DeletionDate: key.deletionAt,
      PendingWindowInDays: days,
    };
  },
  CancelKeyDeletion: (call) => {
    const key = named(call);
    if (key.state !== 'PendingDeletion') throw inState(key);
    Object.assign(key, { state: 'Disabled', deletionAt: null });
    return { KeyId: key.arn };
  },
  ReplicateKey: (call) => {
    const key = usable(named(call));
    const replica = call.keys.replicate(key, call.input.text('ReplicaRegion'));
    return { ReplicaKeyMetadata: metadataOf(replica), ReplicaPolicy: '', ReplicaTags: [] };
  },
  GenerateDataKey: (call) => generate(call, true),
  GenerateDataKeyWithoutPlaintext: (call) => generate(call, false),
  Encrypt: (call) => {
    const key = usable(named(call));
    const plain = call.input.blob('Plaintext');
    if (plain.length > 4096) throw refused('Plaintext must have length less than or equal to 4096');
    const blob = encryptWith(key, call.input.context('EncryptionContext'), plain);
    return { CiphertextBlob: blob.toString('base64'), KeyId: key.arn, EncryptionAlgorithm: symmetric(call) };
  },
  Decrypt: (call) => {
    const { key, plain } = decrypt(call, 'KeyId', 'EncryptionContext');
    return { Plaintext: plain.toString('base64'), KeyId: key.arn, EncryptionAlgorithm: symmetric(call) };
  },
  ReEncrypt: (call) => {
    const destination = usable(call.keys.find(call.region, call.input.text('DestinationKeyId')));
    const { key, plain } = decrypt(call, 'SourceKeyId', 'SourceEncryptionContext');
    const blob = encryptWith(destination, call.input.context('DestinationEncryptionContext'), plain);
    return { CiphertextBlob: blob.toString('base64'), SourceKeyId: key.arn, KeyId: destination.arn };
  },
};

const named = ({ keys, region, input }: Call): DoubleKey => keys.find(region, input.text('KeyId'));

function usable(key: DoubleKey): DoubleKey {
  if (key.state === 'Disabled') throw new KmsFault('DisabledException', `${key.arn} is disabled.`);
  if (key.state !== 'Enabled') throw inState(key);
  if (key.usage !== 'ENCRYPT_DECRYPT')
    throw new KmsFault('InvalidKeyUsageException', `${key.arn} key usage is ${key.usage}`);
  return key;
}

const inState = (key: DoubleKey): KmsFault =>
  new KmsFault('KMSInvalidStateException', `${key.arn} is ${key.state}.`);

function symmetric({ input }: Call): string {
  const algorithm = input.textOr('EncryptionAlgorithm', 'SYMMETRIC_DEFAULT');
  if (algorithm !== 'SYMMETRIC_DEFAULT')
    throw new KmsFault('InvalidKeyUsageException', `not an algorithm of this key: ${algorithm}`);
  return algorithm;
}

function decrypt(call: Call, keyMember: string, contextMember: string): { key: DoubleKey; plain: Buffer } {
  const blob = call.input.blob('CiphertextBlob');
  const given = call.input.textOr(keyMember, '');
  const asked = given === '' ? null : usable(call.keys.find(call.region, given));
  const id = keyIdIn(blob);
  if (asked && asked.id !== id)
    throw new KmsFault('IncorrectKeyException', 'The key ID in the request does not identify a CMK that can');
  const key = asked ?? usable(ofBlob(call, id));
  return { key, plain: decryptWith(key, call.input.context(contextMember), blob) };
}

function ofBlob({ keys, region }: Call, id: string): DoubleKey {
  try {
    return keys.find(region, id);
  } catch {
    throw invalid();
  }
}

function generate(call: Call, withPlaintext: boolean): object {
  const key = usable(named(call));
  if (key.spec !== 'SYMMETRIC_DEFAULT')
    throw new KmsFault('InvalidKeyUsageException', `${key.arn} is ${key.spec}`);
  const plain = randomBytes(sizeOf(call.input));
  const blob = encryptWith(key, call.input.context('EncryptionContext'), plain);
  const answer = { CiphertextBlob: blob.toString('base64'), KeyId: key.arn };
  return withPlaintext ? { ...answer, Plaintext: plain.toString('base64') } : answer;
}

function sizeOf(input: Input): number {
  const [spec, bytes] = [input.textOr('KeySpec', ''), input.number('NumberOfBytes')];
  if ((spec === '') === (bytes === undefined))
    throw refused('Please specify either number of bytes or key spec.');
  if (bytes !== undefined && (bytes < 1 || bytes > 1024)) throw refused('NumberOfBytes must be 1 to 1024');
  if (spec !== '' && !['AES_256', 'AES_128'].includes(spec)) throw refused('KeySpec is AES_256 or AES_128');
  return bytes ?? (spec === 'AES_256' ? 32 : 16);
}

function setState(call: Call, state: string): object {
  const key = named(call);
  if (!['Enabled', 'Disabled'].includes(key.state)) throw inState(key);
  key.state = state;
  return {};
}

function pointAlias({ keys, region, input }: Call, exists: boolean): object {
  const alias = input.text('AliasName');
  if (!/^alias\/(?!aws\/)[\w/-]{1,250}$/.test(alias)) throw new KmsFault('InvalidAliasNameException', alias);
  const key = keys.find(region, input.text('TargetKeyId'));
  if (key.state === 'PendingDeletion') throw inState(key);
  keys.point(region, alias, key, exists);
  return {};
}

function metadataOf(key: DoubleKey): object {
  const { id, arn, region, spec, usage, state, primary, deletionAt } = key;
  return {
    AWSAccountId: ACCOUNT,
    KeyId: id,
    Arn: arn,
    CreationDate: Math.floor(Date.now() / 1000),
    Enabled: state === 'Enabled',
    Description: '',
    KeyUsage: usage,
    KeyState: state,
    Origin: state === 'PendingImport' ? 'EXTERNAL' : 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    KeySpec: spec,
    CustomerMasterKeySpec: spec,
    MultiRegion: primary !== null,
    ...(deletionAt !== null && { DeletionDate: deletionAt }),
    ...(primary !== null && {
      MultiRegionConfiguration: {
        MultiRegionKeyType: primary === region ? 'PRIMARY' : 'REPLICA',
        PrimaryKey: { Arn: arn.replace(region, primary), Region: primary },
        ReplicaKeys: [],
      },
    }),
  };
}
