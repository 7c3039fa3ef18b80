import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, chownSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { serverBinaries, unprivilegedUser, type SystemUser } from './server-binaries.js';
import { serverFolder } from './server-folder.js';

export interface TestServer {
  /** Of a user who may create databases and roles. */
  readonly url: string;
  /** What `pg_ctl stop -m immediate` does: no checkpoint, every session is cut off where it stands. */
  readonly crash: () => Promise<void>;
  /** Starts it again after a crash, on the same port; resolves when it has recovered. */
  readonly restart: () => Promise<void>;
  /** Stops it and throws its data away. */
  readonly stop: () => Promise<void>;
}

/** The log is recycled soon, as it takes memory. */
const IN_MEMORY = ['max_wal_size=256MB'];

/** A server that comes back from a crash with everything it acknowledged, and soon tidies up what the crash left over. */
const CRASH_SAFE = ['synchronous_commit=on', 'autovacuum_naptime=1'];

let server: Promise<TestServer> | undefined;

/** The server of this mocha process: TEST_DATABASE_URL, or one that is started on first use. */
export async function serverUrl(): Promise<string> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined && given !== '') return given;
  server ??= startServer([]);
  return (await server).url;
}

export async function stopServer(): Promise<void> {
  const running = await server?.catch(() => undefined);
  server = undefined;
  await running?.stop();
}

/** A server for one test alone, which may crash it; the test stops it. */
export const startOwnServer = (different: readonly string[] = CRASH_SAFE): Promise<TestServer> =>
  startServer(different);

/** Another program can take the port between looking for a free one and listening on it. */
async function startServer(different: readonly string[], attempts = 3): Promise<TestServer> {
  try {
    return await startOnce(different);
  } catch (error) {
    if (attempts <= 1) throw error;
    return startServer(different, attempts - 1);
  }
}

interface Place {
  readonly folder: string;
  readonly user: SystemUser | undefined;
  readonly url: string;
  readonly options: readonly string[];
}

async function startOnce(different: readonly string[]): Promise<TestServer> {
  const user = unprivilegedUser();
  const { folder, inMemory } = serverFolder();
  const password = randomBytes(16).toString('hex');
  const port = await freePort();
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const chosen = [...settings(folder, port), ...(inMemory ? IN_MEMORY : []), ...different];
  const place = { folder, user, url, options: asOptions(chosen) };
  try {
    await initialise(folder, password, user);
    let running = await launch(place);
    return {
      url,
      crash: () => halt(running),
      restart: async () => {
        running = await launch(place);
      },
      stop: async () => {
        await halt(running);
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

interface Running {
  readonly postgres: ChildProcess;
  readonly watchdog: ChildProcess;
}

async function launch({ folder, user, url, options }: Place): Promise<Running> {
  const postgres = run('postgres', ['-D', join(folder, 'data'), ...options], folder, user);
  const watchdog = watch(postgres, folder);
  await untilReady(url, postgres, folder);
  return { postgres, watchdog };
}

async function initialise(folder: string, password: string, user: SystemUser | undefined): Promise<void> {
  const secret = join(folder, 'password');
  writeFileSync(secret, password, { mode: 0o600 });
  writeFileSync(join(folder, 'log'), '');
  if (user !== undefined) for (const path of [folder, secret]) chownSync(path, user.uid, user.gid);
  const options = ['--username=postgres', '--auth=password', '--encoding=UTF8', '--no-locale', '--no-sync'];
  const initdb = run('initdb', ['-D', join(folder, 'data'), ...options, `--pwfile=${secret}`], folder, user);
  const [code] = (await once(initdb, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`initdb ended with ${String(code)}: ${logOf(folder)}`);
}

/** Loopback only, and nothing is made durable: the data is thrown away. */
const settings = (folder: string, port: number): readonly string[] => [
  'listen_addresses=127.0.0.1',
  `port=${port}`,
  `unix_socket_directories=${folder}`,
  'max_connections=100',
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
];

/** The last of two for one setting counts. */
const asOptions = (given: readonly string[]): readonly string[] =>
  given.flatMap((setting) => ['-c', setting]);

function run(
  program: string,
  args: readonly string[],
  folder: string,
  user: SystemUser | undefined,
): ChildProcess {
  const child = spawn(join(serverBinaries(), 'bin', program), args, {
    ...(user ?? {}),
    cwd: folder,
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const log = (chunk: Buffer): void => {
    appendFileSync(join(folder, 'log'), chunk);
  };
  child.stdout.on('data', log);
  child.stderr.on('data', log);
  child.on('error', (error) => {
    log(Buffer.from(error.message));
  });
  return child;
}

/**
 * Waits for the end of its standard input, which comes when this process ends in whatever way (also by kill -9), and stops the
 * server then.
 */
function watch(postgres: ChildProcess, folder: string): ChildProcess {
  const script =
    'cat >/dev/null; kill -QUIT "$1"; n=0; while kill -0 "$1" 2>/dev/null && [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done; rm -rf "$2"';
  const watchdog = spawn('/bin/sh', ['-c', script, 'lethe-test-watchdog', String(postgres.pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.on('error', () => {
    process.once('exit', () => postgres.kill('SIGQUIT'));
  });
  for (const child of [postgres, watchdog]) child.unref();
  for (const pipe of [watchdog.stdin, postgres.stdout, postgres.stderr]) unreference(pipe);
  return watchdog;
}

/** The pipes alone would keep mocha from ending. */
function unreference(pipe: unknown): void {
  if (typeof pipe === 'object' && pipe !== null && 'unref' in pipe) (pipe as { unref(): void }).unref();
}

async function untilReady(url: string, postgres: ChildProcess, folder: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (postgres.exitCode !== null) break;
    const client = new pg.Client(url);
    try {
      await client.connect();
      return;
    } catch {
      await pause(100);
    } finally {
      await client.end();
    }
  }
  postgres.kill('SIGQUIT');
  throw new Error(`the test server does not start: ${logOf(folder)}`);
}

async function halt({ postgres, watchdog }: Running): Promise<void> {
  watchdog.kill('SIGKILL');
  if (postgres.exitCode !== null) return;
  const ended = once(postgres, 'exit');
  postgres.ref();
  postgres.kill('SIGQUIT');
  await ended;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

const logOf = (folder: string): string => readFileSync(join(folder, 'log'), 'utf8').slice(-2000);
