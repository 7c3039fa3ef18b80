import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { sha256 } from '../core/digest.js';

/** A public key by which seals are checked, former ones included. */
export interface PublicKey {
  /** SHA-256 of the key's SPKI DER, hex: what people compare. */
  readonly fingerprint: string;
  /** SPKI as PEM. */
  readonly publicKey: string;
}

/** An Ed25519 key (RFC 8032) that signs; the private half never leaves the vault. */
export interface SigningKey extends PublicKey {
  /** PKCS #8 as PEM. */
  readonly privateKey: string;
}

const SIGNATURE = /^[0-9a-f]{128}$/;

export function newSigningKey(): SigningKey {
  const pair = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { fingerprint: fingerprintOf(pair.publicKey), ...pair };
}

/** Throws what node:crypto throws when the text is no public key. */
export function fingerprintOf(publicKey: string): string {
  return sha256(createPublicKey(publicKey).export({ type: 'spki', format: 'der' }));
}

/** 64 bytes as lower-case hex: the only spelling, so that no flipped bit is read as the same signature. */
export function signText(text: string, { privateKey }: SigningKey): string {
  return sign(null, Buffer.from(text), createPrivateKey(privateKey)).toString('hex');
}

/** Whether the text was signed by the owner of this key. False, never an error, for what is no signature or no key. */
export function isSigned(text: string, signature: string, publicKey: string): boolean {
  if (!SIGNATURE.test(signature)) return false;
  try {
    return verify(null, Buffer.from(text), createPublicKey(publicKey), Buffer.from(signature, 'hex'));
  } catch {
    return false;
  }
}
