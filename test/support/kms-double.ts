import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KmsFault } from './kms-double-fault.js';
import { readInput } from './kms-double-input.js';
import { DoubleKeys, type DoubleKey } from './kms-double-keys.js';
import { OPERATIONS } from './kms-double-operations.js';
import { DOUBLE_CREDENTIALS, regionOfSigned } from './kms-double-signature.js';

/** `cut`: connections are closed without an answer; `silent`: no answer ever comes; `failing`: status 500. */
export type Outage = 'cut' | 'silent' | 'failing';

/** A double of AWS KMS: speaks its wire protocol (AWS JSON 1.1), checks strictly, and is none. One server for all Regions. */
export interface KmsDouble {
  readonly url: string;
  /** Requests that arrived, by operation: tries count each. */
  readonly calls: Map<string, number>;
  /** So many next requests are answered with ThrottlingException. */
  throttled: number;
  outage: Outage | null;
  /** A symmetric key, past the API. */
  addKey(region: string, multiRegion?: boolean): DoubleKey;
  /** What only AWS can bring a key into, such as `Unavailable`. */
  setState(key: DoubleKey, state: string): void;
  close(): Promise<void>;
}

export async function startKmsDouble(): Promise<KmsDouble> {
  const keys = new DoubleKeys();
  const server = createServer((request, response) => {
    void serve(request, response);
  });
  const double: KmsDouble = {
    url: '',
    calls: new Map(),
    throttled: 0,
    outage: null,
    addKey: (region, multiRegion = false) =>
      keys.add(region, 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', multiRegion),
    setState: (key, state) => {
      key.state = state;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat(await request.toArray());
    const operation = targetOf(request);
    double.calls.set(operation, (double.calls.get(operation) ?? 0) + 1);
    if (double.outage === 'silent') return;
    if (double.outage === 'cut') {
      request.socket.destroy();
      return;
    }
    try {
      if (double.outage === 'failing') throw new KmsFault('KMSInternalException', 'a double fails', 500);
      if (double.throttled-- > 0) throw new KmsFault('ThrottlingException', 'Rate exceeded');
      double.throttled = 0;
      const region = regionOfSigned(request.headers, body);
      send(response, 200, OPERATIONS[operation]?.({ keys, region, input: readInput(operation, body) }) ?? {});
    } catch (error) {
      if (!(error instanceof KmsFault)) throw error;
      send(response, error.status, { __type: error.type, message: error.message });
    }
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(double, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

const CONTENT_TYPE = 'application/x-amz-json-1.1';

function targetOf({ method, url, headers }: IncomingMessage): string {
  const target = /^TrentService\.(\w+)$/.exec(String(headers['x-amz-target']))?.[1];
  const isWellFormed = method === 'POST' && url === '/' && headers['content-type'] === CONTENT_TYPE;
  return isWellFormed ? (target ?? '') : '';
}

function send(response: ServerResponse, status: number, content: object): void {
  response.writeHead(status, { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': randomUUID() });
  response.end(JSON.stringify(content));
}

/** Variables by which the SDK finds the double, and nothing of whoever runs the tests. */
export const environmentOf = ({ url }: KmsDouble): Readonly<Record<string, string | undefined>> => ({
  AWS_ENDPOINT_URL_KMS: url,
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: DOUBLE_CREDENTIALS.id,
  AWS_SECRET_ACCESS_KEY: DOUBLE_CREDENTIALS.secret,
  AWS_SESSION_TOKEN: undefined,
  AWS_PROFILE: undefined,
});

/** Sets variables of this process; what is returned puts them back. */
export function withEnvironment(values: Readonly<Record<string, string | undefined>>): () => void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  const assign = (entries: readonly (readonly [string, string | undefined])[]): void => {
    for (const [name, value] of entries)
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
  };
  assign(Object.entries(values));
  return () => {
    assign(before);
  };
}
