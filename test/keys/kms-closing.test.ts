import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import { awsKmsProvider } from '../../src/keys/aws-kms-provider.js';
import { DOUBLE_CREDENTIALS } from '../support/kms-double-signature.js';
import { environmentOf, startKmsDouble, withEnvironment } from '../support/kms-double.js';

describe('a key service that is closed while it is asked', () => {
  let silent: Server;
  let restore: () => void;
  const connections = new Set<Socket>();

  beforeEach(async () => {
    silent = createServer((socket) => {
      connections.add(socket.on('error', () => undefined).once('close', () => connections.delete(socket)));
      socket.resume();
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    restore = withEnvironment({
      AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: DOUBLE_CREDENTIALS.id,
      AWS_SECRET_ACCESS_KEY: DOUBLE_CREDENTIALS.secret,
      AWS_SESSION_TOKEN: undefined,
      AWS_PROFILE: undefined,
    });
  });
  afterEach(() => {
    restore();
    for (const socket of connections) socket.destroy();
    silent.close();
  });

  const reasonOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'answered',
      (error: unknown) => (error instanceof LetheError ? error.details['reason'] : error),
    );

  it('ends every call at once, and makes no further try', async () => {
    const provider = awsKmsProvider('alias/lethe');
    const asked = [reasonOf(provider.check()), reasonOf(provider.makeWrappedKey({ vault: 'v', epoch: 'e' }))];
    while (connections.size < asked.length) await once(silent, 'connection');
    const closed = performance.now();
    await provider.close();
    expect(await Promise.all(asked)).to.deep.equal(['Closed', 'Closed']);
    expect(performance.now() - closed).to.be.below(1_000);
    for (const socket of [...connections]) await once(socket, 'close');
    const again = once(silent, 'connection').then(() => 'another try');
    const quiet = new Promise((resolve) => setTimeout(resolve, 1_000, 'quiet'));
    expect(await Promise.race([again, quiet])).to.equal('quiet');
  });

  it('ends a call whose client is still being made', async () => {
    const provider = awsKmsProvider('alias/lethe');
    const asked = reasonOf(provider.check());
    await provider.close();
    expect(await asked).to.equal('Closed');
    expect(connections.size).to.equal(0);
  });

  it('connects anew for whoever asks afterwards', async () => {
    const double = await startKmsDouble();
    const there = withEnvironment(environmentOf(double));
    const { id, arn } = double.addKey('eu-central-1');
    const provider = awsKmsProvider(id);
    expect((await provider.check()).id).to.equal(arn);
    await provider.close();
    expect((await provider.check()).id).to.equal(arn);
    await provider.close();
    there();
    await double.close();
  });
});
