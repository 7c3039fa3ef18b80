import { randomBytes } from 'node:crypto';
import { link, open, readFile, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder, whenMissing } from '../vault/durable-file.js';
import { removeLeft } from '../vault/left-files.js';
import { documentText, parseDocument, type EpochDocument } from './epoch-document.js';

/**
 * A file that several processes rewrite as a whole, by compare and swap and without a lock, which a killed process could leave behind:
 *
 * 1. the next generation is written to a draft under a name of its own, and synced;
 * 2. it claims its number: a hard link `claim-N` can be made by one process only. A claim counts when the file still has generation
 *    N - 1 after it was made; one that comes too late is withdrawn by who made it;
 * 3. the draft is renamed to the file. A draft's name is used once, so whoever comes second finds nothing to rename.
 *
 * Who finds a claim in the way completes it, whether its owner is slow or dead. One whose draft is gone, though the file is still the
 * one before, can never count (an older copy of the file was put back): its number is passed over. An edit runs again until it
 * finds nothing to change.
 */
export async function rewriteFile(
  given: string,
  read: (path: string) => Promise<EpochDocument>,
  edit: (now: EpochDocument) => EpochDocument | null,
): Promise<void> {
  // a symbolic link stays one
  const path = await realpath(given);
  const generationOf = async (): Promise<number> => (await read(path)).generation;
  for (;;) {
    const now = await read(path);
    const next = edit(now);
    if (next === null || (await install(path, next, generationOf))) return;
  }
}

type GenerationOf = () => Promise<number>;

const besides = (path: string, what: string): string => join(dirname(path), `.${basename(path)}.${what}`);
const draftOf = (path: string, draft: string): string => besides(path, `draft-${draft}`);
const claimOf = (path: string, generation: number): string => besides(path, `claim-${generation}`);

/** False: somebody else was first, and what they wrote may already hold what we wanted. */
async function install(path: string, next: EpochDocument, generationOf: GenerationOf): Promise<boolean> {
  for (let generation = next.generation + 1; ; generation++) {
    const draft = randomBytes(8).toString('hex');
    const step = { path, from: next.generation, claim: claimOf(path, generation), generationOf };
    const outcome = await swap(step, { ...next, generation, draft });
    if (outcome === 'moved') await sweep(path, generation);
    if (outcome !== 'passed over') return outcome === 'moved';
  }
}

interface Step {
  readonly path: string;
  /** The generation that the file must still have. */
  readonly from: number;
  readonly claim: string;
  readonly generationOf: GenerationOf;
}

async function swap(step: Step, next: EpochDocument): Promise<'moved' | 'lost' | 'passed over'> {
  const { path, from, claim, generationOf } = step;
  const draft = draftOf(path, next.draft);
  await writeSynced(draft, documentText(next));
  try {
    if (!(await linked(draft, claim))) return await complete(step);
    // the number may have been free because its time is over
    const counts = (await generationOf()) === from;
    const moved = counts && (await movedInto(path, draft));
    await rm(claim, { force: true });
    return moved ? 'moved' : 'lost';
  } finally {
    await rm(draft, { force: true });
  }
}

/** Does for another process what it has not done yet. */
async function complete({ path, from, claim, generationOf }: Step): Promise<'lost' | 'passed over'> {
  const text = await readIfThere(claim);
  if (text === null) return 'lost';
  const document = parseDocument(text);
  if (document === null) return 'passed over';
  if ((await generationOf()) !== from || (await movedInto(path, draftOf(path, document.draft))))
    return 'lost';
  return (await generationOf()) === from ? 'passed over' : 'lost';
}

async function writeSynced(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    // ENOENT: the draft was swept away as one of a process that died
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  }
}

async function movedInto(path: string, draft: string): Promise<boolean> {
  const moved = await whenMissing(
    async () => {
      await rename(draft, path);
      return true;
    },
    () => false,
  );
  // also where another moved it: what we say is there must be on the disk
  await syncFolder(dirname(path));
  return moved;
}

/** A draft so old is of a process that died, or that will find its draft gone when it claims, and write another. */
const ABANDONED_MS = 60_000;

/** What killed processes left holds epoch keys that may have been retired since, and a key file's root secret. */
async function sweep(path: string, generation: number): Promise<void> {
  await removeLeft(dirname(path)); // of who was making the file
  const [drafts, claims] = [basename(draftOf(path, '')), basename(claimOf(path, 0)).slice(0, -1)];
  for (const name of await readdir(dirname(path))) {
    const left = join(dirname(path), name);
    const isOver = name.startsWith(claims) && Number(name.slice(claims.length)) <= generation;
    const isOld = name.startsWith(drafts) && (await ageOf(left)) > ABANDONED_MS;
    if (isOver || isOld) await rm(left, { force: true });
  }
}

const ageOf = (path: string): Promise<number> =>
  whenMissing(
    async () => Date.now() - (await stat(path)).mtimeMs,
    () => 0,
  );

const readIfThere = (path: string): Promise<string | null> =>
  whenMissing<string | null>(
    () => readFile(path, 'utf8'),
    () => null,
  );
