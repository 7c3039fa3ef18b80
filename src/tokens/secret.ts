import { randomBytes } from 'node:crypto';
import { sha256 } from '../core/digest.js';

const BYTES = 32;
const PREFIX = 'lethe_';
const FORM = /^lethe_[A-Za-z0-9_-]{43}$/;

/** 256 random bits behind a prefix by which scanners of leaked secrets know what they found. */
export const newSecret = (): string => `${PREFIX}${randomBytes(BYTES).toString('base64url')}`;

/** What has not this form is no secret of ours; it is not looked up. */
export const isSecret = (text: string): boolean => FORM.test(text);

/**
 * What is stored in place of a secret. A plain digest is enough: there is nothing to guess in 256 random bits. Found by its
 * hash, a secret is never compared character by character, so the time of a refusal tells nothing about it.
 */
export const hashOf = (secret: string): string => sha256(secret);
