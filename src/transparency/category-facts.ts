import type { MapTable } from '../datamap/graph.js';
import type { CategoryKept } from './keeping.js';
import { ruleFacts, type RuleFacts } from './rule-facts.js';
import { categoryWord, type Words } from './words.js';

/** How long an activity's data of one category is kept at most, as a report tells of it. */
export interface CategoryFacts {
  /** As a term of fideslang, and in words. */
  readonly category: string;
  readonly word: string;
  readonly tables: readonly string[];
  /** Null: no rule ends it. */
  readonly longest: RuleFacts | null;
  /** Tables in which no rule ends it, and why where the data map says why. */
  readonly endless: readonly { readonly table: string; readonly because: string | null }[];
}

export const categoryFacts = (
  { category, tables, longest, endless }: CategoryKept,
  words: Words,
  language: string,
): CategoryFacts => ({
  category,
  word: categoryWord(words, category) ?? category,
  tables: tables.map(tableName),
  longest: longest && ruleFacts(longest, words, language),
  endless: endless.map((table) => ({ table: tableName(table), because: table.forbidsDelete })),
});

const tableName = ({ schema, name }: MapTable): string => `${schema}.${name}`;
