import { expect } from 'chai';
import {
  bindParameters,
  columnsRead,
  parametersOf,
  problemOfPiece,
  trimPiece,
} from '../../src/datamap/sql-piece.js';

describe('a piece of SQL', () => {
  const refused: readonly (readonly [string, 'expression' | 'select' | 'write', RegExp])[] = [
    ['', 'expression', /is empty/],
    [' -- nothing', 'expression', /is empty/],
    ['1; delete from t', 'expression', /without ";"/],
    ["'a", 'expression', /unterminated/],
    ['"a', 'expression', /unterminated/],
    ['1 /* a', 'expression', /unterminated/],
    ['1 /* a /* b */', 'expression', /unterminated/],
    ['$x$ a $y$', 'expression', /unterminated/],
    ['1) or (1 = 1', 'expression', /unbalanced/],
    ['(1', 'expression', /unbalanced/],
    ['this.a = $1', 'expression', /placeholder/],
    ['U&"\\0061" = 1', 'expression', /code points/],
    ['values (1)', 'select', /one SELECT/],
    ['with a as (select 1) update t set a = 1', 'write', /may not begin with WITH/],
    ['select 1', 'write', /one UPDATE/],
  ];
  for (const [piece, form, reason] of refused)
    it(`is refused as ${form}: ${JSON.stringify(piece)}`, () => {
      expect(problemOfPiece(piece, form)).to.match(reason);
    });

  const sound: readonly (readonly [string, 'expression' | 'select' | 'write'])[] = [
    ["this.a = ';' and this.\"b;\" = E'\\';' and $$;($$ <> ''", 'expression'],
    ['1 /* ; ( /* nested */ */ -- ;\n + 2', 'expression'],
    ['SELECT 1', 'select'],
    ['(select 1)', 'select'],
    ['Update t set a = 1', 'write'],
  ];
  for (const [piece, form] of sound)
    it(`is sound as ${form}: ${JSON.stringify(piece)}`, () => {
      expect(problemOfPiece(piece, form)).to.equal(null);
    });

  it('uses parameters, which are neither casts nor parts of strings, names and comments', () => {
    const piece = `:a || ':b' || "c:d" || $$:e$$ || x::text || y :: text /* :f */ || :G -- :h`;
    expect(parametersOf(piece)).to.deep.equal(['a', 'G']);
    expect(bindParameters(piece, { a: "it's", G: 7, b: 'no', text: 'no' })).to.equal(
      `'it''s' || ':b' || "c:d" || $$:e$$ || x::text || y :: text /* :f */ || 7 -- :h`,
    );
  });

  it('takes values as constants, whatever they hold', () => {
    expect(bindParameters('x = :a', { a: "'; drop table t; --" })).to.equal("x = '''; drop table t; --'");
    expect(bindParameters('x = :a', { a: 'a\\b' })).to.equal("x = E'a\\\\b'");
    expect(bindParameters('5 -:a', { a: -1 })).to.equal('5 -(-1)');
    expect(bindParameters('x = :unknown', {})).to.equal('x = :unknown');
  });

  it('loses a comment at its end, which would swallow the parenthesis behind it', () => {
    expect(trimPiece(' a /* b */ = 1 -- c')).to.equal('a /* b */ = 1');
    expect(trimPiece("a = '--'")).to.equal("a = '--'");
  });

  it('reads the columns of the parent as the server folds them', () => {
    expect(columnsRead('parent.Id || PARENT."Odd""Name" || parent . x', 'parent')).to.deep.equal([
      'id',
      'Odd"Name',
      'x',
    ]);
    expect(columnsRead("'parent.a' || s.parent.b || parent.* || parents.c", 'parent')).to.deep.equal([]);
  });
});
