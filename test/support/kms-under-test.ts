import { randomBytes } from 'node:crypto';
import { KMS, type CreateKeyCommandInput, type KeyMetadata } from '@aws-sdk/client-kms';
import { environmentOf, startKmsDouble, withEnvironment, type KmsDouble } from './kms-double.js';

/** The key service that the suite runs against, and who administers it: keys are made with its own API. */
export interface KmsUnderTest {
  readonly name: string;
  /** Null: a service that AWS_ENDPOINT_URL_KMS named. */
  readonly double: KmsDouble | null;
  readonly admin: KMS;
  makeKey(order?: CreateKeyCommandInput): Promise<Made>;
  makeAlias(key: Made): Promise<string>;
  /** Takes away what was made, as far as a key service lets us: the deletion of keys is scheduled. */
  close(): Promise<void>;
}

export interface Made {
  readonly id: string;
  readonly arn: string;
}

const GIVEN = process.env['AWS_ENDPOINT_URL_KMS'];

/** Where nothing else is set: most emulators take any. */
const DUMMY = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
const CREDENTIALS = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

export async function openKmsUnderTest(): Promise<KmsUnderTest> {
  const double = GIVEN === undefined || GIVEN === '' ? await startKmsDouble() : null;
  const restore = withEnvironment(double ? environmentOf(double) : environmentOfGiven());
  const admin = new KMS({});
  const made: string[] = [];
  const aliases: string[] = [];
  return {
    name: double ? 'the double' : (GIVEN ?? ''),
    double,
    admin,
    makeKey: async (order = {}) => {
      const { KeyMetadata } = await admin.createKey({ Description: 'Lethe: a test', ...order });
      const key = madeOf(KeyMetadata);
      made.push(key.id);
      return key;
    },
    makeAlias: async (key) => {
      const alias = `alias/lethe-test-${randomBytes(6).toString('hex')}`;
      await admin.createAlias({ AliasName: alias, TargetKeyId: key.id });
      aliases.push(alias);
      return alias;
    },
    close: async () => {
      for (const AliasName of aliases) await admin.deleteAlias({ AliasName }).catch(() => undefined);
      for (const KeyId of made)
        await admin.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 }).catch(() => undefined);
      admin.destroy();
      restore();
      await double?.close();
    },
  };
}

function environmentOfGiven(): Readonly<Record<string, string>> {
  const isSet = (name: string): boolean => (process.env[name] ?? '') !== '';
  return {
    ...(!CREDENTIALS.some(isSet) && DUMMY),
    ...(!isSet('AWS_REGION') && { AWS_REGION: process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1' }),
  };
}

export function madeOf(metadata: KeyMetadata | undefined): Made {
  const { KeyId: id = '', Arn: arn = '' } = metadata ?? {};
  return { id, arn };
}

const PATIENCE_MS = 30_000;

/** A real service takes seconds until everybody sees a change; the double sees it at once. */
export async function eventually<T>({ double }: KmsUnderTest, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + (double ? 0 : PATIENCE_MS);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

/** Skips the test, and says why, when the service lacks what it needs; with the double everything is there. */
export async function orSkip<T>(
  test: Mocha.Context,
  { double, name }: KmsUnderTest,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (double) throw error;
    const reason = error instanceof Error ? error.name : 'unknown failure';
    console.log(`      skipped: ${name} does not offer ${what} (${reason})`);
    return test.skip();
  }
}

/** Some emulators only say that a key is disabled or will be deleted, and go on using it: that is theirs, not ours, to mend. */
export const orSkipUnlessRefused = (
  test: Mocha.Context,
  kms: KmsUnderTest,
  state: string,
  KeyId: string,
): Promise<void> =>
  orSkip(test, kms, `refusal of a key that is ${state}`, () =>
    eventually(kms, async () => {
      const isRefused = await kms.admin.generateDataKey({ KeyId, KeySpec: 'AES_256' }).then(
        () => false,
        () => true,
      );
      if (!isRefused) throw Object.assign(new Error('it was used'), { name: 'it was used' });
    }),
  );
