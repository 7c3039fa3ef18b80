import { expect } from 'chai';
import { kmsFailure } from '../../src/keys/kms-errors.js';

const SECRET = 'http://user:hidden@kms.example/';
const failed = (name: string, more: object = {}): Error =>
  Object.assign(new Error(`cannot ${SECRET}`), { name, input: SECRET, ...more });
const reasonOf = (error: unknown): unknown => kmsFailure(error, 'alias/lethe', null).details['reason'];

describe('what AWS KMS failed with', () => {
  it('is said in words with its name beside, where an operator meets it, and by its name else', () => {
    for (const [error, words] of [
      [
        failed('TypeError', { code: 'ERR_INVALID_URL' }),
        /AWS_ENDPOINT_URL_KMS.* is no URL \(ERR_INVALID_URL\)$/,
      ],
      [failed('CredentialsProviderError'), /^no credentials were found.* \(CredentialsProviderError\)$/],
      [failed('TimeoutError'), /^no answer in time \(TimeoutError\)$/],
      [failed('Error', { code: 'ENOTFOUND' }), /^there is no such host.* \(ENOTFOUND\)$/],
      [failed('SomethingNewException'), /^SomethingNewException$/],
      [failed('constructor'), /^constructor$/],
    ] as const)
      expect(reasonOf(error)).to.match(words);
  });

  it('holds nothing of what was asked, nor where', () => {
    for (const error of [
      failed('TypeError', { code: 'ERR_INVALID_URL' }),
      failed('TimeoutError'),
      failed(SECRET),
    ])
      expect(JSON.stringify(kmsFailure(error, 'alias/lethe', null))).not.to.include('hidden');
  });
});
