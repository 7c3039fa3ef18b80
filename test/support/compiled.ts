import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = ['src', 'test/support'];
/** What the program finds beside its code. */
const BESIDE = ['package.json', 'node_modules', 'policies', 'reports'];

let tree: string | undefined;

/**
 * Arguments of `node` that run a TypeScript file of src/ or test/support/ as a process of its own. Everything there is compiled
 * once, types left unlooked at: a process is then there in a third of the time. Where coverage is counted, it counts for the source.
 */
export function nodeArguments(script: string): readonly string[] {
  if (process.env['NODE_V8_COVERAGE'] !== undefined) return ['--import', import.meta.resolve('tsx'), script];
  tree ??= compile();
  return [join(tree, compiledName(relative(ROOT, script)))];
}

const compiledName = (name: string): string => name.replace(/\.ts$/, '.js');

function compile(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lethe-compiled-')));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  for (const name of BESIDE) symlinkSync(join(ROOT, name), join(folder, name));
  for (const name of SOURCES.flatMap(filesIn)) put(name, folder);
  return folder;
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(ROOT, join(parentPath, name)));

function put(name: string, folder: string): void {
  const target = join(folder, compiledName(name));
  mkdirSync(dirname(target), { recursive: true });
  if (name.endsWith('.ts')) writeFileSync(target, javaScriptOf(readFileSync(join(ROOT, name), 'utf8')));
  else cpSync(join(ROOT, name), target);
}

const javaScriptOf = (source: string): string =>
  ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  }).outputText;
