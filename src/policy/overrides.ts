import { didYouMean } from '../core/did-you-mean.js';
import type { Problem } from '../core/errors.js';
import { entriesOf } from './json-object.js';
import type { PolicyFile } from './checked-entry.js';

/** What other policies need to know of one, whether or not the rest of its file is right. */
interface Draft {
  readonly file: string;
  readonly id: string;
  readonly record: unknown;
  readonly isFloor: boolean;
  readonly overrides: readonly unknown[];
}

/** Whether the rules that `overrides` names exist, are about the same record, and do not run in a circle. */
export function reportOverrides(files: readonly PolicyFile[], problems: Problem[]): void {
  const drafts = files.flatMap(draftOf);
  for (const draft of drafts)
    for (const [index, id] of draft.overrides.entries()) {
      const message = typeof id === 'string' ? overrideProblem(draft, id, drafts) : null;
      if (message !== null) problems.push({ file: draft.file, path: `overrides[${index}]`, message });
    }
}

function draftOf({ path, content }: PolicyFile): readonly Draft[] {
  const { kind = 'retention', id, record, then, overrides } = entriesOf(content);
  if (typeof id !== 'string' || kind !== 'retention') return [];
  const isFloor = entriesOf(then)['action'] === 'keep';
  return [{ file: path, id, record, isFloor, overrides: Array.isArray(overrides) ? overrides : [] }];
}

function overrideProblem(draft: Draft, id: string, drafts: readonly Draft[]): string | null {
  if (id === draft.id) return 'a rule cannot override itself';
  const other = drafts.find((candidate) => candidate.id === id);
  if (!other) {
    const others = drafts.map((candidate) => candidate.id).filter((candidate) => candidate !== draft.id);
    return `no policy "${id}"${didYouMean(id, others)}`;
  }
  if (other.isFloor) return `"${id}" is a duty to keep; nothing overrides it`;
  if (other.record !== draft.record) return `"${id}" is about another record`;
  if (other.overrides.includes(draft.id))
    return `"${id}" overrides this rule as well; one of the two must give way`;
  const way = wayTo(draft.id, other, drafts);
  return way && `runs in a circle (${[draft.id, ...way].join(' → ')}); one of them must give way`;
}

/** The ids on a way along `overrides` from a rule to the one with the id, both ends included. Each rule is passed once at most. */
function wayTo(
  id: string,
  from: Draft,
  drafts: readonly Draft[],
  passed: Set<Draft> = new Set(),
): readonly string[] | null {
  if (from.id === id) return [id];
  if (passed.has(from)) return null;
  passed.add(from);
  for (const next of drafts.filter((candidate) => from.overrides.includes(candidate.id))) {
    const way = wayTo(id, next, drafts, passed);
    if (way) return [from.id, ...way];
  }
  return null;
}
