import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openPostgres } from '../src/db/postgres.js';
import { seedHelpDesk } from '../src/demo/seed.js';
import { nodeArguments } from './support/compiled.js';
import { freshDatabase, type FreshDatabase } from './support/database.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const MAIN = join(ROOT, 'src/cli/main.ts');

/** Indented blocks of the page, without their indentation. */
const blocks: readonly string[] = README.split(/^(?! {4}|$)/m)
  .flatMap((part) => part.match(/(?:^ {4}.*\n(?:\n(?= {4}))?)+/gm) ?? [])
  .map((block) => block.replace(/^ {4}/gm, ''));
const programs = blocks.filter((block) => /^(import|const) /m.test(block));
const [, create = ''] = /`npx lethe (token create [^`]+)`/.exec(README) ?? [];

/** The block with this in it, and no other. */
function programWith(mark: string): string {
  const [one, ...more] = programs.filter((block) => block.includes(mark));
  expect(more, mark).to.deep.equal([]);
  return one ?? expect.fail(`no program of README.md has ${mark}`);
}

/**
 * A folder in which `import 'lethe'` finds this package as npm would install it: by the exports of package.json, with what the
 * compiler makes of src in place of dist.
 */
function installedIn(folder: string): void {
  const entry = nodeArguments(join(ROOT, 'src/index.ts')).at(-1) ?? '';
  const own = join(folder, 'node_modules/lethe');
  mkdirSync(own, { recursive: true });
  symlinkSync(dirname(entry), join(own, 'dist'));
  symlinkSync(join(ROOT, 'node_modules/fastify'), join(folder, 'node_modules/fastify'));
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { exports: unknown };
  const text = JSON.stringify({ name: 'lethe', type: 'module', exports });
  writeFileSync(join(own, 'package.json'), text.replaceAll('.js"', `${extname(entry)}"`));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

describe('README.md', () => {
  let fresh: FreshDatabase;
  let folder: string;
  let environment: NodeJS.ProcessEnv;
  const children: ChildProcess[] = [];

  before(async () => {
    fresh = await freshDatabase();
    folder = mkdtempSync(join(tmpdir(), 'lethe-readme-'));
    environment = { ...process.env, DATABASE_URL: fresh.url, LETHE_VAULT_URL: '' };
    lethe('init');
    const db = await openPostgres(fresh.url, { max: 1 });
    await db.transaction((tx) => seedHelpDesk(tx, '2026-11-01T00:00:00Z'));
    await db.close();
    installedIn(folder);
  });
  after(async () => {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
    await fresh.drop();
  });

  const options = () => ({ cwd: folder, env: environment, encoding: 'utf8' as const });
  function lethe(...words: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...nodeArguments(MAIN), ...words],
      options(),
    );
    expect(status, stderr).to.equal(0);
    return stdout;
  }
  /** `node` with the program in a file of the folder. */
  function program(name: string, text: string): readonly string[] {
    writeFileSync(join(folder, name), text);
    return [...nodeArguments(MAIN).slice(0, -1), name];
  }

  it('has two programs, of ten lines at most, and no other code that nobody runs', () => {
    expect(programs).to.have.length(2);
    for (const text of programs) expect(text.trim().split('\n').length).to.be.at.most(10);
  });

  it('runs the library as it stands there', () => {
    const args = program('library.mjs', programWith('engine.tickets.read'));
    const { status, stdout, stderr } = spawnSync(process.execPath, args, options());
    expect(status, stderr).to.equal(0);
    expect(stdout)
      .to.match(/number: 'T-\d{4}-000077'/)
      .and.to.include('agents-read-tickets');
  });

  it('runs the Fastify plugin as it stands there, and the commands beside it', async () => {
    const port = await freePort();
    const opening = programWith('engine.tickets.read').split('\n').slice(0, 2).join('\n');
    const text = `${opening}\n${programWith('app.register')}`.replaceAll('8080', String(port));
    const server = spawn(process.execPath, program('server.mjs', text), { ...options(), stdio: 'pipe' });
    children.push(server);
    const log: string[] = [];
    server.stderr.on('data', (part: Buffer) => log.push(String(part)));
    server.stdout.on('data', (part: Buffer) => log.push(String(part)));
    await until(
      () => log.join('').includes('listening'),
      () => log.join(''),
    );
    const made = lethe(...create.split(/\s+/));
    const secret = /lethe_[\w-]{43}/.exec(made)?.[0] ?? expect.fail(made);
    const headers = { authorization: `Bearer ${secret}` };
    const ask = async (path: string): Promise<unknown> =>
      (await fetch(`http://localhost:${port}/desk${path}`, { headers })).json();
    expect(await ask('/tickets/77')).to.have.nested.property('ticket.record', 'ticket/77');
    expect(await ask('/openapi.json')).to.have.nested.property('paths./desk/tickets/{ticket}');
    expect(log.join('')).not.to.include(secret);
  });
});

async function until(ready: () => boolean, state: () => string): Promise<void> {
  for (let tries = 0; !ready(); tries += 1) {
    if (tries > 500) expect.fail(`it never listened: ${state()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
