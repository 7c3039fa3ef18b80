import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { serverUrl } from '../test/support/server.js';

/** A filled database that is copied for every run, so that each starts from the same bytes. */
export interface Template {
  readonly url: string;
  /** Runs `work` on a fresh copy, then drops the copy. */
  readonly onCopy: <T>(work: (url: string) => Promise<T>) => Promise<T>;
  readonly drop: () => Promise<void>;
}

/** Makes a database, fills it, and leaves it vacuumed and analysed. */
export async function templateDatabase(fill: (url: string) => Promise<void>): Promise<Template> {
  const name = newName();
  await onServer(`create database ${name} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`);
  const url = await urlOf(name);
  const drop = (): Promise<void> => dropDatabase(name);
  try {
    await fill(url);
    await withClient(url, (client) => client.query('vacuum (freeze, analyze)'));
  } catch (error) {
    await drop();
    throw error;
  }
  return { url, drop, onCopy: (work) => onCopy(name, work) };
}

async function onCopy<T>(template: string, work: (url: string) => Promise<T>): Promise<T> {
  const name = newName();
  // copies files instead of logging every page, and begins with a checkpoint that is then over before the clock starts
  await onServer(`create database ${name} template ${template} strategy file_copy`);
  try {
    return await work(await urlOf(name));
  } finally {
    await dropDatabase(name);
  }
}

const newName = (): string => `lethe_bench_${randomBytes(6).toString('hex')}`;

const urlOf = async (name: string): Promise<string> =>
  Object.assign(new URL(await serverUrl()), { pathname: `/${name}` }).href;

const dropDatabase = (name: string): Promise<void> =>
  onServer(`drop database if exists ${name} with (force)`);

const onServer = async (text: string): Promise<void> => {
  await withClient(await serverUrl(), (client) => client.query(text));
};

/** Runs `work` with a connection of its own. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** `PostgreSQL 17.10, fsync off, shared_buffers 128MB`: what the figures depend on. */
export async function serverLine(): Promise<string> {
  return withClient(await serverUrl(), async (client) => {
    const names = ['server_version', 'fsync', 'synchronous_commit', 'shared_buffers'];
    const { rows } = await client.query<{ value: string }>(
      'select current_setting(name) as value from unnest($1::text[]) with ordinality n(name, place) order by place',
      [names],
    );
    const [version = '', ...settings] = rows.map(({ value }) => value);
    return `PostgreSQL ${version.split(' ')[0] ?? ''}, ${settings.map((value, index) => `${names[index + 1] ?? ''} ${value}`).join(', ')}`;
  });
}
