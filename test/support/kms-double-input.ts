import type { Context } from './kms-double-keys.js';
import { KmsFault } from './kms-double-fault.js';

type Kind = 'text' | 'blob' | 'context' | 'number' | 'flag' | 'list';

/** The members of each request that the double knows, as the API reference has them (2014-11-01); `!`: required. */
const SHAPES: Readonly<Record<string, Readonly<Record<string, `${Kind}${'' | '!'}`>>>> = {
  CreateKey: {
    Description: 'text',
    KeySpec: 'text',
    KeyUsage: 'text',
    MultiRegion: 'flag',
    Origin: 'text',
    Policy: 'text',
    Tags: 'list',
    BypassPolicyLockoutSafetyCheck: 'flag',
  },
  CreateAlias: { AliasName: 'text!', TargetKeyId: 'text!' },
  UpdateAlias: { AliasName: 'text!', TargetKeyId: 'text!' },
  DeleteAlias: { AliasName: 'text!' },
  DescribeKey: { KeyId: 'text!', GrantTokens: 'list' },
  EnableKey: { KeyId: 'text!' },
  DisableKey: { KeyId: 'text!' },
  ScheduleKeyDeletion: { KeyId: 'text!', PendingWindowInDays: 'number' },
  CancelKeyDeletion: { KeyId: 'text!' },
  ReplicateKey: { KeyId: 'text!', ReplicaRegion: 'text!', Description: 'text', Policy: 'text', Tags: 'list' },
  GenerateDataKey: {
    KeyId: 'text!',
    EncryptionContext: 'context',
    KeySpec: 'text',
    NumberOfBytes: 'number',
    GrantTokens: 'list',
    DryRun: 'flag',
  },
  GenerateDataKeyWithoutPlaintext: {
    KeyId: 'text!',
    EncryptionContext: 'context',
    KeySpec: 'text',
    NumberOfBytes: 'number',
    GrantTokens: 'list',
    DryRun: 'flag',
  },
  Encrypt: {
    KeyId: 'text!',
    Plaintext: 'blob!',
    EncryptionContext: 'context',
    EncryptionAlgorithm: 'text',
    GrantTokens: 'list',
    DryRun: 'flag',
  },
  Decrypt: {
    CiphertextBlob: 'blob!',
    KeyId: 'text',
    EncryptionContext: 'context',
    EncryptionAlgorithm: 'text',
    GrantTokens: 'list',
    DryRun: 'flag',
  },
  ReEncrypt: {
    CiphertextBlob: 'blob!',
    DestinationKeyId: 'text!',
    SourceKeyId: 'text',
    SourceEncryptionContext: 'context',
    DestinationEncryptionContext: 'context',
    SourceEncryptionAlgorithm: 'text',
    DestinationEncryptionAlgorithm: 'text',
    GrantTokens: 'list',
    DryRun: 'flag',
  },
};

/** The members of a request whose names and types were checked. */
export interface Input {
  text(name: string): string;
  textOr(name: string, otherwise: string): string;
  number(name: string): number | undefined;
  flag(name: string): boolean;
  blob(name: string): Buffer;
  context(name: string): Context;
}

/** Strict where the real one is lenient: a member it does not know is refused. */
export function readInput(operation: string, body: Buffer): Input {
  const shape = SHAPES[operation];
  if (!shape) throw new KmsFault('UnknownOperationException', '', 404);
  const given = parse(body);
  for (const [name, value] of Object.entries(given)) {
    const kind = shape[name]?.replace('!', '') as Kind | undefined;
    if (kind === undefined) throw refused(`${operation} has no member ${name}`);
    if (!CHECKS[kind](value)) throw new KmsFault('SerializationException', `${name} is no ${kind}`);
  }
  for (const [name, kind] of Object.entries(shape))
    if (kind.endsWith('!') && given[name] === undefined) throw refused(`${name} must not be null`);
  return {
    text: (name) => given[name] as string,
    textOr: (name, otherwise) => (given[name] as string | undefined) ?? otherwise,
    number: (name) => given[name] as number | undefined,
    flag: (name) => given[name] === true,
    blob: (name) => Buffer.from(given[name] as string, 'base64'),
    context: (name) => (given[name] ?? {}) as Context,
  };
}

export const refused = (message: string): KmsFault => new KmsFault('ValidationException', message);

function parse(body: Buffer): Record<string, unknown> {
  try {
    const read: unknown = JSON.parse(body.toString('utf8'));
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return { ...read };
  } catch {
    // said below
  }
  throw new KmsFault('SerializationException', 'the body is no JSON object');
}

const LONGEST_ID = 2048;
const LARGEST_BLOB = 6144;
const LARGEST_CONTEXT = 8192;

const CHECKS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string' && value.length > 0 && value.length <= LONGEST_ID,
  number: Number.isInteger,
  flag: (value) => typeof value === 'boolean',
  list: Array.isArray,
  blob: (value) => {
    if (typeof value !== 'string') return false;
    const bytes = Buffer.from(value, 'base64');
    return bytes.toString('base64') === value && bytes.length > 0 && bytes.length <= LARGEST_BLOB;
  },
  context: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((one) => typeof one === 'string') &&
    Buffer.byteLength(JSON.stringify(value)) <= LARGEST_CONTEXT,
};
