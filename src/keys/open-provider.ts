import { awsKmsProvider } from './aws-kms-provider.js';
import { keyFile } from './key-file.js';
import type { KeysConfig } from './keys.js';
import { localProvider } from './local-provider.js';
import type { KeyProvider } from './provider.js';

/** What holds the root key; nothing is read or asked until it is used. */
export const openProvider = (root: KeysConfig['root']): KeyProvider =>
  root.provider === 'local' ? localProvider(keyFile(root.file)) : awsKmsProvider(root.key);
