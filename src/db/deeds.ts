import { tokensOf, type Token } from './statement-scanner.js';

export type Verb = 'DELETE' | 'TRUNCATE' | 'DROP' | 'ALTER' | 'MERGE' | 'UPDATE' | 'UPSERT';

/** Something a statement would do that can destroy rows. */
export type Deed =
  | { readonly verb: Verb; readonly schema: string | undefined; readonly table: string }
  /** Never allowed outside the door, whatever it is done to, because it can hide any of the above. */
  | { readonly forbidden: string };

/** A statement that begins with another word is refused: DO, CALL, EXECUTE, PREPARE, COPY, COMMIT, GRANT … */
const BEGINNINGS = new Set(
  `alter analyze close comment create declare delete drop explain fetch insert lock merge move notify refresh release
   savepoint select set show table truncate update values with`.split(/\s+/),
);
/** Functions, rules, triggers and views would act, or be acted on, in a later statement that looks harmless. */
const CREATED = new Set(['index', 'materialized', 'sequence', 'table', 'type']);
const CREATE_ADJECTIVES = new Set([
  'global',
  'local',
  'or',
  'replace',
  'temp',
  'temporary',
  'unlogged',
  'unique',
]);
/** Settings that change whose rights apply, what a name means, whether triggers fire, or how values come back. */
const SETTINGS_FIXED = new Set(
  `authorization bytea_output datestyle intervalstyle role schema search_path session_authorization
   session_replication_role standard_conforming_strings time timezone`.split(/\s+/),
);

/** Every deed in a text of one or more statements, also inside WITH, EXPLAIN or parentheses. */
export function deedsOf(text: string): Deed[] {
  const deeds: Deed[] = [];
  let statement: Token[] = [];
  for (const token of [...tokensOf(text), { kind: 'mark', value: ';' } as const]) {
    if (isMark(token, ';')) {
      deeds.push(...statementDeeds(statement));
      statement = [];
    } else statement.push(token);
  }
  return deeds;
}

function statementDeeds(tokens: readonly Token[]): Deed[] {
  const start = tokens.findIndex((token) => !isMark(token, '('));
  const first = tokens[start];
  if (first === undefined) return [];
  return [...headDeeds(first, tokens.slice(start + 1)), ...innerDeeds(tokens), ...hidden(tokens)];
}

/** Verbs that only stand at the beginning of a statement. */
function headDeeds(first: Token, rest: readonly Token[]): Deed[] {
  if (first.kind !== 'word') return [{ forbidden: first.value }];
  const next = wordAt(rest, 0);
  switch (first.value) {
    case 'truncate':
      return rest.some((token) => isWord(token, 'cascade'))
        ? [{ forbidden: 'TRUNCATE … CASCADE' }]
        : everyName('TRUNCATE', rest);
    case 'drop':
      return next === 'table' ? everyName('DROP', rest.slice(1)) : [{ forbidden: `DROP ${next}` }];
    case 'alter':
      return next === 'table' ? everyName('ALTER', rest.slice(1)) : [{ forbidden: `ALTER ${next}` }];
    case 'create':
      return createDeeds(rest);
    case 'set':
      return settingDeeds(rest);
    case 'rollback':
      return rest.some((token) => isWord(token, 'to')) ? [] : [{ forbidden: 'ROLLBACK' }];
    default:
      return BEGINNINGS.has(first.value) ? [] : [{ forbidden: first.value }];
  }
}

function createDeeds(rest: readonly Token[]): Deed[] {
  const kind = rest.find((token) => !CREATE_ADJECTIVES.has(token.value))?.value ?? '';
  return CREATED.has(kind) ? [] : [{ forbidden: `CREATE ${kind}` }];
}

function settingDeeds(rest: readonly Token[]): Deed[] {
  const name = rest.find((token) => !isWord(token, 'local') && !isWord(token, 'session'))?.value ?? '';
  return SETTINGS_FIXED.has(name) ? [{ forbidden: `SET ${name}` }] : [];
}

/** Verbs that can stand anywhere, as in `with gone as (delete from …)`. */
function innerDeeds(tokens: readonly Token[]): Deed[] {
  const upserts = tokens.some((token, at) => isWord(token, 'do') && isWord(tokens[at + 1], 'update'));
  return tokens.flatMap((token, at) => {
    if (token.kind !== 'word') return [];
    const next = tokens[at + 1];
    if (token.value === 'delete' && isWord(next, 'from')) return deed('DELETE', tokens, at + 2);
    if (token.value === 'merge' && isWord(next, 'into')) return deed('MERGE', tokens, at + 2);
    if (token.value === 'update' && !isClause(tokens, at)) return deed('UPDATE', tokens, at + 1);
    if (token.value === 'insert' && isWord(next, 'into') && upserts) return deed('UPSERT', tokens, at + 2);
    if (token.value === 'set_config' && isMark(next, '(')) return settingDeeds(tokens.slice(at + 2));
    return [];
  });
}

/** `for update`, `for no key update`, `on update cascade`, `do update`: these words are reserved, no name can fake them. */
function isClause(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1];
  return (
    ['for', 'on', 'do'].some((word) => isWord(before, word)) ||
    (isWord(before, 'key') && isWord(tokens[at - 2], 'no'))
  );
}

/** U&"" names, and a literal continued after E'', whose escapes would be read differently here and there. */
function hidden(tokens: readonly Token[]): Deed[] {
  const found = tokens.some(
    (token, at) => token.kind === 'coded' || (token.kind === 'text' && tokens[at - 1]?.kind === 'escapes'),
  );
  return found ? [{ forbidden: 'an encoded name' }] : [];
}

function deed(verb: Verb, tokens: readonly Token[], at: number): Deed[] {
  let from = at;
  while (isMark(tokens[from], '(') || isWord(tokens[from], 'only')) from++;
  const path = pathAt(tokens, from);
  const table = path.at(-1);
  return table === undefined ? [] : [{ verb, schema: path.at(-2), table }];
}

/** Every name in the statement, so that no place in its grammar is overlooked (`attach partition x`, lists of tables). */
function everyName(verb: Verb, tokens: readonly Token[]): Deed[] {
  return tokens.flatMap((_, at) => (isMark(tokens[at - 1], '.') ? [] : deed(verb, tokens, at)));
}

function pathAt(tokens: readonly Token[], from: number): string[] {
  const path: string[] = [];
  for (let at = from; isName(tokens[at]); at += 2) {
    path.push(tokens[at]?.value ?? '');
    if (!isMark(tokens[at + 1], '.')) break;
  }
  return path;
}

const isName = (token: Token | undefined): boolean => token?.kind === 'word' || token?.kind === 'name';
const isWord = (token: Token | undefined, value: string): boolean =>
  token?.kind === 'word' && token.value === value;
const isMark = (token: Token | undefined, value: string): boolean =>
  token?.kind === 'mark' && token.value === value;
const wordAt = (tokens: readonly Token[], at: number): string => tokens[at]?.value ?? '';
