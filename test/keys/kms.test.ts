import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import { awsKmsProvider } from '../../src/keys/aws-kms-provider.js';
import type { EpochContext, KeyProvider } from '../../src/keys/provider.js';
import { flipped } from '../support/flipped.js';
import { withEnvironment } from '../support/kms-double.js';
import {
  eventually,
  madeOf,
  openKmsUnderTest,
  orSkip,
  orSkipUnlessRefused,
  type KmsUnderTest,
  type Made,
} from '../support/kms-under-test.js';

/* Runs against the double, and against any service that AWS_ENDPOINT_URL_KMS names: a real AWS KMS, or an emulator. */

const newContext = (): EpochContext => ({ vault: randomUUID(), epoch: randomUUID() });

async function refusal(work: Promise<unknown>): Promise<LetheError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error, 'it was done').to.be.instanceOf(LetheError);
  return error as LetheError;
}

const codeOf = async (work: Promise<unknown>): Promise<string> => (await refusal(work)).code;

describe('AWS KMS as provider of epoch keys', function () {
  this.timeout(240_000);
  let kms: KmsUnderTest;
  let key: Made;
  const opened: KeyProvider[] = [];
  const providerOf = (name: string): KeyProvider => {
    const provider = awsKmsProvider(name);
    opened.push(provider);
    return provider;
  };

  before(async () => {
    kms = await openKmsUnderTest();
    key = await kms.makeKey();
  });
  afterEach(async () => {
    for (const provider of opened.splice(0)) await provider.close();
  });
  after(() => kms.close());

  it('finds its key by id, ARN and alias, and says which it is', async () => {
    const alias = await kms.makeAlias(key);
    for (const name of [key.id, key.arn, alias, key.arn.replace(/key\/.*$/, alias)])
      await eventually(kms, async () => {
        expect(await providerOf(name).check()).to.deep.equal({ id: key.arn, isMultiRegion: false });
      });
  });

  it('makes a key of 256 bits, and opens what it wrapped', async () => {
    const [provider, context] = [providerOf(key.id), newContext()];
    const { secret, wrapped } = await provider.makeKey(context);
    expect(secret).to.have.length(32);
    expect(wrapped.includes(secret)).to.equal(false);
    expect(await provider.openKey(wrapped, context)).to.deep.equal(secret);
    expect((await provider.makeKey(context)).secret).not.to.deep.equal(secret);
  });

  it('opens under every name of the key what was wrapped under another', async () => {
    const context = newContext();
    const alias = await kms.makeAlias(key);
    const { secret, wrapped } = await eventually(kms, () => providerOf(alias).makeKey(context));
    for (const name of [key.id, key.arn, key.arn.replace(/key\/.*$/, alias)])
      expect(await providerOf(name).openKey(wrapped, context)).to.deep.equal(secret);
  });

  it('makes a key that it does not open', async () => {
    const [provider, context] = [providerOf(key.id), newContext()];
    const wrapped = await provider.makeWrappedKey(context);
    expect(await provider.openKey(wrapped, context)).to.have.length(32);
  });

  it('refuses the key of another epoch or another vault', async () => {
    const [provider, context] = [providerOf(key.id), newContext()];
    const { wrapped } = await provider.makeKey(context);
    for (const other of [
      { ...context, epoch: randomUUID() },
      { ...context, vault: randomUUID() },
      { vault: context.epoch, epoch: context.vault },
    ]) {
      expect(await codeOf(provider.openKey(wrapped, other))).to.equal('key_damaged');
      expect(await codeOf(provider.rewrapKey(wrapped, other))).to.equal('key_damaged');
    }
  });

  it('refuses a wrapped key that was cut, changed or made up', async () => {
    const [provider, context] = [providerOf(key.id), newContext()];
    const { wrapped } = await provider.makeKey(context);
    const begin = 2 + (wrapped[1] ?? 0);
    const damaged = [
      ...[30, 20, 1].map((fromEnd) => flipped(wrapped, (wrapped.length - fromEnd) * 8)),
      wrapped.subarray(0, -1),
      wrapped.subarray(0, begin),
      wrapped.subarray(0, 1),
      Buffer.alloc(0),
      Buffer.concat([Buffer.from([2]), wrapped.subarray(1)]),
      Buffer.concat([wrapped, Buffer.from([0])]),
    ];
    for (const [n, bytes] of damaged.entries())
      expect(await codeOf(provider.openKey(bytes, context)), `${n}`).to.equal('key_damaged');
  });

  it('refuses a ciphertext that is passed off as of another key', async () => {
    const [provider, context] = [providerOf(key.id), newContext()];
    const { wrapped } = await provider.makeKey(context);
    const other = await kms.makeKey();
    const passedOff = Buffer.concat([
      Buffer.from([1, other.id.length]),
      Buffer.from(other.id),
      wrapped.subarray(2 + (wrapped[1] ?? 0)),
    ]);
    expect(await codeOf(provider.openKey(passedOff, context))).to.equal('key_damaged');
  });

  it('opens after its alias was moved what the former key wrapped, and rewraps it under the present one', async function () {
    const [former, present] = [await kms.makeKey(), await kms.makeKey()];
    const alias = await kms.makeAlias(former);
    const [provider, context] = [providerOf(alias), newContext()];
    const { secret, wrapped } = await eventually(kms, () => provider.makeKey(context));

    await kms.admin.updateAlias({ AliasName: alias, TargetKeyId: present.id });
    await eventually(kms, async () => {
      expect((await provider.check()).id).to.equal(present.arn);
    });
    expect(await provider.openKey(wrapped, context)).to.deep.equal(secret);

    const rewrapped = await eventually(kms, async () => {
      const bytes = await provider.rewrapKey(wrapped, context);
      expect(bytes.includes(present.id)).to.equal(true);
      return bytes;
    });
    await kms.admin.disableKey({ KeyId: former.id });
    await orSkipUnlessRefused(this, kms, 'disabled', former.id);
    await eventually(kms, async () => {
      expect(await codeOf(provider.openKey(wrapped, context))).to.equal('key_service_refuses');
    });
    expect(await provider.openKey(rewrapped, context)).to.deep.equal(secret);
    expect(await codeOf(provider.openKey(rewrapped, newContext()))).to.equal('key_damaged');
  });

  it('refuses a disabled key, and takes it again when it is enabled', async function () {
    const one = await kms.makeKey();
    const [provider, context] = [providerOf(one.id), newContext()];
    const { secret, wrapped } = await provider.makeKey(context);
    await kms.admin.disableKey({ KeyId: one.id });
    await eventually(kms, async () => {
      const refused = await refusal(provider.check());
      expect(refused.code).to.equal('key_service_refuses');
      expect(refused.message).to.contain('it is disabled').and.contain(one.id);
    });
    await orSkipUnlessRefused(this, kms, 'disabled', one.id);
    for (const work of [
      () => provider.makeKey(context),
      () => provider.makeWrappedKey(context),
      () => provider.openKey(wrapped, context),
      () => provider.rewrapKey(wrapped, context),
    ])
      await eventually(kms, async () => {
        // AWS says the first; there are emulators that say the second
        expect((await refusal(work())).details['reason']).to.be.oneOf([
          'DisabledException',
          'KMSInvalidStateException',
        ]);
      });
    await kms.admin.enableKey({ KeyId: one.id });
    await eventually(kms, async () => {
      expect(await provider.openKey(wrapped, context)).to.deep.equal(secret);
    });
  });

  it('refuses a key whose deletion is scheduled', async function () {
    const one = await kms.makeKey();
    const [provider, context] = [providerOf(one.id), newContext()];
    const { wrapped } = await provider.makeKey(context);
    await orSkip(this, kms, 'ScheduleKeyDeletion', () =>
      kms.admin.scheduleKeyDeletion({ KeyId: one.id, PendingWindowInDays: 7 }),
    );
    await eventually(kms, async () => {
      expect((await refusal(provider.check())).message).to.contain('its deletion is scheduled');
    });
    await orSkipUnlessRefused(this, kms, 'to be deleted', one.id);
    for (const work of [() => provider.makeKey(context), () => provider.openKey(wrapped, context)])
      await eventually(kms, async () => {
        expect((await refusal(work())).details).to.include({ reason: 'KMSInvalidStateException' });
      });
  });

  it('refuses a key without material', async function () {
    const one = await orSkip(this, kms, 'keys of imported material', () =>
      kms.makeKey({ Origin: 'EXTERNAL' }),
    );
    const refused = await refusal(providerOf(one.id).check());
    expect(refused.code).to.equal('key_service_refuses');
    expect(refused.message).to.contain('its key material');
  });

  it('refuses a key that is for something else, or not symmetric', async function () {
    const signing = await orSkip(this, kms, 'keys for signing', () =>
      kms.makeKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
    );
    expect((await refusal(providerOf(signing.id).check())).message).to.contain('SIGN_VERIFY');
    const pair = await orSkip(this, kms, 'pairs of keys', () =>
      kms.makeKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' }),
    );
    expect((await refusal(providerOf(pair.id).check())).message).to.contain('RSA_2048');
    expect(await codeOf(providerOf(pair.id).makeKey(newContext()))).to.equal('key_service_refuses');
  });

  it('refuses a key and an alias that nobody made', async () => {
    for (const name of [randomUUID(), `alias/${randomUUID()}`, key.arn.replace(key.id, randomUUID())]) {
      const refused = await refusal(providerOf(name).check());
      expect(refused.code).to.equal('key_service_refuses');
      // who may not see every key is not told which exist
      expect(refused.details['reason']).to.match(/\((NotFound|AccessDenied)Exception\)$/);
      expect(await codeOf(providerOf(name).makeKey(newContext()))).to.equal('key_service_refuses');
    }
  });

  it('opens with a related key in another Region what a multi-Region key wrapped', async function () {
    const region = process.env['AWS_REGION'] ?? '';
    const elsewhere = region === 'eu-west-1' ? 'us-west-2' : 'eu-west-1';
    const primary = await orSkip(this, kms, 'multi-Region keys', () => kms.makeKey({ MultiRegion: true }));
    const replica = await orSkip(this, kms, 'ReplicateKey', () =>
      kms.admin.replicateKey({ KeyId: primary.id, ReplicaRegion: elsewhere }),
    );
    const context = newContext();
    const here = await providerOf(primary.arn).makeKey(context);
    expect((await providerOf(primary.id).check()).isMultiRegion).to.equal(true);

    const restore = withEnvironment({ AWS_REGION: elsewhere });
    try {
      const related = madeOf(replica.ReplicaKeyMetadata);
      // a real service makes the replica while we wait; an endpoint of one Region alone does not know it
      await orSkip(this, kms, `Region ${elsewhere}`, () =>
        eventually(kms, () => providerOf(related.arn).check()),
      );
      for (const name of [related.arn, related.id])
        expect(await providerOf(name).openKey(here.wrapped, context)).to.deep.equal(here.secret);
      const there = await providerOf(related.arn).makeKey(context);
      restore();
      expect(await providerOf(primary.id).openKey(there.wrapped, context)).to.deep.equal(there.secret);
      expect(await codeOf(providerOf(primary.id).openKey(there.wrapped, newContext()))).to.equal(
        'key_damaged',
      );
    } finally {
      restore();
    }
  });

  it('opens in its own Region alone what a single-Region key wrapped', async function () {
    if (!kms.double) {
      console.log('      skipped: only the double is known to keep its Regions apart');
      return this.skip();
    }
    const context = newContext();
    const { wrapped } = await providerOf(key.id).makeKey(context);
    const elsewhere = kms.double.addKey('eu-west-1');
    const restore = withEnvironment({ AWS_REGION: 'eu-west-1' });
    try {
      expect(await codeOf(providerOf(elsewhere.arn).openKey(wrapped, context))).to.equal(
        'key_service_refuses',
      );
    } finally {
      restore();
    }
  });
});
