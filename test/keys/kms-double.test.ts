import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { inspect, promisify } from 'node:util';
import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import { kmsClient } from '../../src/keys/aws-kms-client.js';
import { awsKmsProvider } from '../../src/keys/aws-kms-provider.js';
import type { KeyProvider } from '../../src/keys/provider.js';
import { DOUBLE_CREDENTIALS } from '../support/kms-double-signature.js';
import { environmentOf, startKmsDouble, withEnvironment, type KmsDouble } from '../support/kms-double.js';

const CHILD = fileURLToPath(new URL('../support/kms-child.ts', import.meta.url));
const REGION = 'eu-central-1';

const failure = (work: Promise<unknown>): Promise<LetheError> =>
  work.then(
    () => expect.fail('it was done'),
    (error: unknown) => {
      expect(error).to.be.instanceOf(LetheError);
      return error as LetheError;
    },
  );

describe('AWS KMS in trouble (the double)', () => {
  let double: KmsDouble;
  let restore: () => void;
  let provider: KeyProvider;
  const context = { vault: randomUUID(), epoch: randomUUID() };

  beforeEach(async () => {
    double = await startKmsDouble();
    restore = withEnvironment(environmentOf(double));
    provider = awsKmsProvider(double.addKey(REGION).arn);
  });
  afterEach(async () => {
    await provider.close();
    restore();
    await double.close();
  });

  it('is asked once for each key that is made, opened or rewrapped', async () => {
    const { wrapped } = await provider.makeKey(context);
    await provider.openKey(wrapped, context);
    await provider.rewrapKey(wrapped, context);
    await provider.makeWrappedKey(context);
    expect(Object.fromEntries(double.calls)).to.deep.equal({
      GenerateDataKey: 1,
      Decrypt: 1,
      ReEncrypt: 1,
      GenerateDataKeyWithoutPlaintext: 1,
    });
  });

  it('is tried again when it throttles', async () => {
    double.throttled = 2;
    expect((await provider.makeKey(context)).secret).to.have.length(32);
    expect(double.calls.get('GenerateDataKey')).to.equal(3);
  });

  it('is unavailable when it fails again and again, and works when it is back', async () => {
    double.outage = 'failing';
    const error = await failure(provider.makeKey(context));
    expect(error.code).to.equal('key_service_unavailable');
    expect(error.details['reason']).to.equal('KMSInternalException');
    expect(double.calls.get('GenerateDataKey')).to.equal(5);
    double.outage = null;
    expect((await provider.makeKey(context)).secret).to.have.length(32);
  });

  it('is unavailable when it cuts connections or cannot be reached', async () => {
    double.outage = 'cut';
    const cut = await failure(provider.check());
    expect(cut.code).to.equal('key_service_unavailable');
    expect(cut.details['reason']).to.equal('the connection was cut (ECONNRESET)');
    const gone = await startKmsDouble();
    await gone.close();
    const restoreGone = withEnvironment({ AWS_ENDPOINT_URL_KMS: gone.url });
    const away = awsKmsProvider('alias/away');
    expect((await failure(away.check())).details['reason']).to.equal(
      'nobody answers at that host and port (ECONNREFUSED)',
    );
    restoreGone();
    await away.close();
  });

  it('is unavailable within a bounded time when it never answers', async () => {
    double.outage = 'silent';
    const impatient = awsKmsProvider('alias/any', kmsClient({ connect: 400, request: 400, all: 400 }));
    const begun = Date.now();
    const error = await failure(impatient.check());
    expect(error.code).to.equal('key_service_unavailable');
    expect(error.details['reason']).to.equal('no answer in time (TimeoutError)');
    expect(Date.now() - begun).to.be.within(350, 2_000);
    await impatient.close();
  });

  it('is tried again after a try without an answer', async () => {
    const key = double.addKey(REGION);
    const patient = awsKmsProvider(key.id, kmsClient({ connect: 300, request: 300, all: 20_000 }));
    double.outage = 'silent';
    setTimeout(() => (double.outage = null), 200);
    const begun = Date.now();
    expect((await patient.check()).id).to.equal(key.arn);
    expect(double.calls.get('DescribeKey')).to.equal(2);
    expect(Date.now() - begun).to.be.greaterThan(290);
    await patient.close();
  });

  it('refuses credentials that it does not know; where none are, it is unavailable', async () => {
    const stranger = withEnvironment({ AWS_ACCESS_KEY_ID: 'AKIASTRANGER' });
    const refused = await failure(awsKmsProvider('alias/any').check());
    expect(refused.code).to.equal('key_service_refuses');
    expect(refused.details['reason']).to.equal('UnrecognizedClientException');
    stranger();
    const forger = withEnvironment({ AWS_SECRET_ACCESS_KEY: 'guessed' });
    const forged = await failure(awsKmsProvider('alias/any').check());
    expect(forged.details['reason']).to.equal('InvalidSignatureException');
    forger();
    const nobody = withEnvironment({
      AWS_ACCESS_KEY_ID: undefined,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    });
    const none = await failure(awsKmsProvider('alias/any').check());
    nobody();
    expect(none.code).to.equal('key_service_unavailable');
    expect(none.details['reason'])
      .to.match(/^no credentials were found/)
      .and.include('(CredentialsProviderError)');
  });

  it('says that a Region is missing', async () => {
    const nowhere = withEnvironment({
      AWS_REGION: undefined,
      AWS_DEFAULT_REGION: undefined,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    });
    const error = await failure(awsKmsProvider('alias/any').check());
    nowhere();
    expect(error.message).to.contain('no region is set');
  });

  it('says what state a key is in that cannot be used, and takes one whose primary moves', async () => {
    const key = double.addKey(REGION);
    for (const [state, words] of Object.entries({
      Unavailable: 'its key store is not connected',
      Creating: 'being made',
      PendingReplicaDeletion: 'its deletion is scheduled',
      SomethingNew: 'state SomethingNew',
    })) {
      double.setState(key, state);
      const error = await failure(awsKmsProvider(key.id).check());
      expect(error.code).to.equal('key_service_refuses');
      expect(error.message).to.contain(words);
    }
    double.setState(key, 'Updating');
    expect((await awsKmsProvider(key.id).check()).id).to.equal(key.arn);
  });

  it('leaves nothing in an error but the name of the key and what AWS calls it', async () => {
    const { secret, wrapped } = await provider.makeKey(context);
    double.outage = 'failing';
    const errors = [await failure(provider.openKey(wrapped, context))];
    double.outage = null;
    errors.push(await failure(provider.openKey(wrapped, { ...context, vault: 'another' })));
    for (const error of errors) {
      const shown = `${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}`;
      for (const encoding of ['hex', 'base64'] as const)
        for (const hidden of [secret, wrapped.subarray(40)])
          expect(shown).not.to.contain(hidden.toString(encoding));
      expect(shown).not.to.contain(DOUBLE_CREDENTIALS.id);
      expect(shown).not.to.match(/requestid|authorization|a double fails/i);
      expect(Object.keys(error.details)).to.have.length(2);
    }
  });

  it('is loaded at the first call, and its warning about Node 20 alone is held back', async () => {
    const key = double.addKey(REGION);
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', CHILD, key.arn],
      {
        env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: '' },
      },
    );
    expect(JSON.parse(stdout)).to.deep.equal({ before: false, after: true, id: key.arn });
    expect(stderr).to.contain('a warning of somebody else');
    expect(stderr).not.to.contain('AWS SDK');
  });
});

describe('the double of AWS KMS', () => {
  let double: KmsDouble;
  before(async () => {
    double = await startKmsDouble();
  });
  after(() => double.close());

  it('refuses a request that is not signed, and one of another protocol', async () => {
    const ask = async (headers: Record<string, string>): Promise<[number, unknown]> => {
      const answer = await fetch(double.url, { method: 'POST', headers, body: '{"KeyId":"alias/a"}' });
      return [answer.status, ((await answer.json()) as { __type: string }).__type];
    };
    const spoken = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'TrentService.DescribeKey',
    };
    expect(await ask(spoken)).to.deep.equal([403, 'MissingAuthenticationTokenException']);
    expect(await ask({ ...spoken, authorization: 'Basic eDp5' })).to.deep.equal([
      400,
      'IncompleteSignatureException',
    ]);
  });

  it('refuses members, specs, sizes and contexts that AWS KMS does not know', async () => {
    const restore = withEnvironment(environmentOf(double));
    const { KMS, KMSServiceException } = await import('@aws-sdk/client-kms');
    const kms = new KMS({ maxAttempts: 1 });
    const KeyId = double.addKey(REGION).id;
    const nameOf = (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => 'done',
        (error: unknown) => (error instanceof KMSServiceException ? error.name : String(error)),
      );
    // members outside the model are dropped by the SDK; a body that is changed on its way is not
    const meddler = new KMS({ maxAttempts: 1 });
    meddler.middlewareStack.add(
      (next) => (args) => {
        const body = Buffer.from('{"KeyId":"alias/a","Unknown":1}');
        const request = args.request as { body: Uint8Array; headers: Record<string, string> };
        Object.assign(request, { body, headers: { ...request.headers, 'content-length': `${body.length}` } });
        return next(args);
      },
      { step: 'build', priority: 'low' },
    );
    expect(await nameOf(meddler.describeKey({ KeyId }))).to.equal('ValidationException');
    expect(await nameOf(kms.generateDataKey({ KeyId }))).to.equal('ValidationException');
    expect(await nameOf(kms.generateDataKey({ KeyId, NumberOfBytes: 1025 }))).to.equal('ValidationException');
    expect(await nameOf(kms.generateDataKey({ KeyId, KeySpec: 'AES_256', NumberOfBytes: 32 }))).to.equal(
      'ValidationException',
    );
    expect(
      await nameOf(
        kms.generateDataKey({ KeyId, KeySpec: 'AES_256', EncryptionContext: { a: 'b'.repeat(9000) } }),
      ),
    ).to.equal('SerializationException');
    expect(await nameOf(kms.encrypt({ KeyId, Plaintext: Buffer.alloc(4097) }))).to.equal(
      'ValidationException',
    );
    expect(await nameOf(kms.decrypt({ CiphertextBlob: Buffer.from('made up') }))).to.equal(
      'InvalidCiphertextException',
    );
    expect(await nameOf(kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 6 }))).to.equal(
      'ValidationException',
    );
    expect(await nameOf(kms.cancelKeyDeletion({ KeyId }))).to.equal('KMSInvalidStateException');
    const sealed = await kms.encrypt({ KeyId, Plaintext: Buffer.from('a'), EncryptionContext: { b: 'c' } });
    const { Plaintext } = await kms.decrypt({ ...sealed, EncryptionContext: { b: 'c' } });
    expect(Buffer.from(Plaintext ?? []).toString()).to.equal('a');
    meddler.destroy();
    kms.destroy();
    restore();
  });
});
