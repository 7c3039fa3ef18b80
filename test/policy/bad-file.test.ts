import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeProblems, type Problem } from '../../src/core/errors.js';
import { parseJson, readJsonFile } from '../../src/datamap/json-file.js';
import { loadPolicies } from '../../src/policy/policy-set.js';
import { draft, findings, nativeMap } from './draft.js';

function read(text: string): { readonly value: unknown; readonly findings: string } {
  const problems: Problem[] = [];
  const value = parseJson(text, 'a.json', problems);
  return { value, findings: describeProblems(problems) };
}

/** What is wrong → text → finding. */
const CASES: readonly (readonly [string, string, string])[] = [
  ['an empty file', '', 'line 1, column 1: malformed JSON: the file is empty'],
  ['a file of blanks', ' \n ', 'line 2, column 2: malformed JSON: the file is empty'],
  [
    'a comma after the last entry',
    '{\n  "a": 1,\n}',
    'line 3, column 1: malformed JSON: a key in double quotes must follow (no comma after the last entry)',
  ],
  [
    'a comma after the last element',
    '[1,]',
    'line 1, column 4: malformed JSON: a value must follow (no comma after the last entry)',
  ],
  ['no colon', '{"a" 1}', 'line 1, column 6: malformed JSON: a colon must follow the key'],
  [
    'no comma',
    '{"a": 1\n "b": 2}',
    'line 2, column 2: malformed JSON: a comma must stand between two entries',
  ],
  [
    'a key without quotes',
    '{a: 1}',
    'line 1, column 2: malformed JSON: texts and keys stand in double quotes; without stand only numbers, true, false, null',
  ],
  [
    'single quotes',
    "{'a': 1}",
    'line 1, column 2: malformed JSON: texts and keys stand in double quotes; without stand only numbers, true, false, null',
  ],
  [
    'NaN',
    '{"a": NaN}',
    'line 1, column 7: malformed JSON: texts and keys stand in double quotes; without stand only numbers, true, false, null',
  ],
  ['a comment', '// why\n{}', 'line 1, column 1: malformed JSON: comments are not allowed'],
  [
    'a text that does not end',
    '{"a": "b\n}',
    'line 1, column 7: malformed JSON: the closing quote is missing on this line',
  ],
  [
    'an unknown escape',
    '{"a": "\\x"}',
    'line 1, column 7: malformed JSON: unknown escape after "\\" (a backslash is written "\\\\")',
  ],
  [
    'a brace that is missing',
    '{"a": {"b": 1}',
    'line 1, column 15: malformed JSON: a closing "}" is missing',
  ],
  ['two values', '{} {}', 'line 1, column 4: malformed JSON: something follows the end'],
  [
    'half a surrogate pair',
    '{"a": "\\ud800"}',
    'line 1, column 7: holds a character that no stored text can hold (half a surrogate pair, or \\u0000)',
  ],
  [
    'half a surrogate pair in a key',
    '{"\\udc00": 1}',
    'line 1, column 2: holds a character that no stored text can hold (half a surrogate pair, or \\u0000)',
  ],
  [
    'a null character',
    '{"a": "x\\u0000"}',
    'line 1, column 7: holds a character that no stored text can hold (half a surrogate pair, or \\u0000)',
  ],
  [
    'more digits than a double keeps',
    '{"a": 0.1234567890123456789}',
    'line 1, column 7: this number has more digits than can be kept; write it as text, in quotes',
  ],
  [
    'a number so small that it becomes zero',
    '{"a": 1e-400}',
    'line 1, column 7: this number has more digits than can be kept; write it as text, in quotes',
  ],
  ['100,000 levels', '['.repeat(100_000), 'line 1, column 201: is nested more than 200 deep'],
];

describe('a file with something wrong', () => {
  for (const [what, text, finding] of CASES)
    it(`${what} is an error with line and column`, () => {
      expect(read(text).findings).to.equal(`a.json: ${finding}`);
    });

  it('a key given twice is an error at the second place, each time', () => {
    const { findings: found } = read('{"a": 1, "b": {"c": 1, "c": 2}, "a": 2, "\\u0061": 3}');
    expect(found.split('\n')).to.deep.equal([
      'a.json: line 1, column 24: key "c" is given twice',
      'a.json: line 1, column 33: key "a" is given twice',
      'a.json: line 1, column 41: key "a" is given twice',
    ]);
  });

  it('numbers, escapes and brackets inside texts are read as they are', () => {
    const text = String.raw`{"a": [0.1, -0, 1.50, 1e3, 5e-324, "[[{{\"]", "\\", "😀", "\ud83d\ude00"], "b": {}}`;
    expect(read(text).findings).to.equal('');
    expect(read(text).value).to.deep.equal(JSON.parse(text));
  });

  it('a key like __proto__ is a key like any other, and no policy has it', async () => {
    const text = JSON.stringify(draft()).replace('{', '{"__proto__": {"record": "customer"},');
    expect(await findings(text)).to.deep.equal(['policies/a.json: unknown key "__proto__"']);
    const when = '{"__proto__": {"fact": "status", "operator": "equal", "value": "open"}}';
    const nested = JSON.stringify(draft({ when: '?' })).replace('"?"', when);
    expect(await findings(nested)).to.deep.equal([
      'policies/a.json: when: unknown key "__proto__" (known: all, any, not, fact)',
    ]);
  });
});

describe('files of a folder', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lethe-policies-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const message = async (): Promise<string> => {
    const failure: unknown = await loadPolicies(await nativeMap(), folder, 'policies').catch(
      (error: unknown) => error,
    );
    return failure instanceof Error ? failure.message : 'no error';
  };

  it('all their findings are one error', async () => {
    await writeFile(join(folder, 'a.json'), '{"kind": "retention",}');
    await writeFile(join(folder, 'b.json'), JSON.stringify(draft({ record: 'tiket' })));
    await writeFile(join(folder, 'c.json'), JSON.stringify(draft({ id: 'c', when: { all: [] } })));
    await writeFile(join(folder, 'd.test.json'), 'no policy');
    expect((await message()).split('\n')).to.deep.equal([
      'policies/a.json: line 1, column 22: malformed JSON: a key in double quotes must follow (no comma after the last entry)',
      'policies/b.json: record: the data map "native" has no record "tiket" (did you mean "ticket"?)',
      'policies/c.json: when.all: is an empty group; give at least one condition',
    ]);
  });

  it('a byte order mark is no error, another encoding is', async () => {
    await writeFile(join(folder, 'a.json'), `\ufeff${JSON.stringify(draft())}`);
    expect(await message()).to.equal('no error');
    await writeFile(join(folder, 'b.json'), Buffer.from('{"title": "Gel\u00f6st"}', 'latin1'));
    await writeFile(join(folder, 'c.json'), Buffer.from('\ufeff{}', 'utf16le'));
    expect((await message()).split('\n')).to.deep.equal([
      'policies/b.json: is not UTF-8 text; save it with that encoding',
      'policies/c.json: is not UTF-8 text; save it with that encoding',
    ]);
  });

  it('a huge file is refused before it is read', async () => {
    await writeFile(join(folder, 'a.json'), `"${'x'.repeat(9 * 1024 * 1024)}"`);
    expect(await message()).to.equal('policies/a.json: is larger than 8 MB');
  });

  it('a large file is read in reasonable time', async function () {
    this.timeout(20_000);
    const value = Array.from({ length: 100_000 }, (_, index) => `value ${index}`);
    await writeFile(
      join(folder, 'a.json'),
      JSON.stringify(draft({ when: { fact: 'status', operator: 'in', value } })),
    );
    expect(await message()).to.equal('no error');
  });

  it('a folder that is not there is named', async () => {
    await rm(folder, { recursive: true });
    expect(await message()).to.equal('cannot read policies: there is no such file or folder');
    const problems: Problem[] = [];
    const failure: unknown = await readJsonFile(tmpdir(), 'policies/x.json', problems).catch(
      (error: unknown) => error,
    );
    expect(failure).to.include({
      code: 'file_unreadable',
      message: 'cannot read policies/x.json: not a regular file',
    });
  });
});
