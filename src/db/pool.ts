import pg from 'pg';
import { LetheError } from '../core/errors.js';
import { parserOf } from './values.js';

export interface PostgresOptions {
  /** Connections at most; default 10. */
  readonly max?: number;
}

const CONNECT_TIMEOUT_MS = 15_000;

/** Only the host, the port and the name of the database may be shown: a URL carries the password. */
export function createPool(url: string, { max = 10 }: PostgresOptions): { pool: pg.Pool; address: string } {
  const config: pg.PoolConfig = {
    connectionString: url,
    max,
    keepAlive: true,
    allowExitOnIdle: true,
    fallback_application_name: 'lethe',
    Client: ImpatientClient,
    types: { getTypeParser: parserOf as pg.CustomTypesConfig['getTypeParser'] },
  };
  const { host, port, database = '' } = probe(config);
  const pool = new pg.Pool(config);
  // the server may close an idle or a lent connection at any time; whoever uses it next is told by its query
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));
  return { pool, address: `${host.includes(':') ? `[${host}]` : host}:${port}/${database}` };
}

function probe(config: pg.PoolConfig): pg.Client {
  try {
    if (/^(postgres|postgresql|socket):/.test(config.connectionString ?? '')) return new pg.Client(config);
  } catch {
    // the driver's error repeats the URL
  }
  const problems =
    'DATABASE_URL or LETHE_VAULT_URL cannot be read; write it as postgres://user:password@host:5432/database';
  throw new LetheError('config_invalid', { problems });
}

/** The pool's own timeout would also limit how long a caller waits for a free connection. */
class ImpatientClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super({ ...config, pipeline: true, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  }
}

const ignore = (): void => undefined;
