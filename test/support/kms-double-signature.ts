import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { KmsFault } from './kms-double-fault.js';

/** What the double knows its callers by; the SDK finds them in the environment. */
export const DOUBLE_CREDENTIALS = { id: 'AKIADOUBLEDOUBLE', secret: 'a-secret-that-only-the-double-knows' };

const FORM =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([a-z0-9-]+)\/kms\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/;

/** Checks a request's signature (AWS Signature Version 4) and returns the Region it was made for. */
export function regionOfSigned(headers: IncomingHttpHeaders, body: Buffer): string {
  if (headers.authorization === undefined)
    throw new KmsFault('MissingAuthenticationTokenException', 'Missing Authentication Token', 403);
  const form = FORM.exec(headers.authorization);
  if (!form) throw new KmsFault('IncompleteSignatureException', 'Authorization header is malformed');
  const [, id = '', day = '', region = '', signed = '', signature = ''] = form;
  if (id !== DOUBLE_CREDENTIALS.id)
    throw new KmsFault(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  const names = signed.split(';');
  if (!['host', 'x-amz-date', 'x-amz-target'].every((name) => names.includes(name)))
    throw new KmsFault('IncompleteSignatureException', 'host, x-amz-date and x-amz-target must be signed');
  const at = String(headers['x-amz-date']);
  const canonical = [
    'POST',
    '/',
    '',
    ...names.map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    signed,
    sha256(body),
  ].join('\n');
  const scope = `${day}/${region}/kms/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n');
  const key = [day, region, 'kms', 'aws4_request'].reduce<Buffer>(
    (secret, part) => hmac(secret, part),
    Buffer.from(`AWS4${DOUBLE_CREDENTIALS.secret}`),
  );
  if (!at.startsWith(day) || hmac(key, toSign).toString('hex') !== signature)
    throw new KmsFault('InvalidSignatureException', 'The request signature does not match', 403);
  return region;
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
