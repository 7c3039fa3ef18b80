import { canonicalJson } from '../core/canonical-json.js';
import { sha256 } from '../core/digest.js';
import type { Instant } from '../core/instant.js';
import type { Block, Document } from '../documents/document.js';
import { renderTemplate, type Template } from '../documents/template.js';
import type { MapGraph } from '../datamap/graph.js';
import type { Language } from '../policy/languages.js';
import type { ReportName } from './needs.js';
import type { RestsOn } from './source.js';

/** A report at an instant: its facts, and the document they make in one language. */
export interface Report {
  /** Stands at the foot of every page: the report and the beginning of its digest. */
  readonly id: string;
  readonly name: ReportName;
  readonly language: Language;
  readonly asOf: Instant;
  /** SHA-256 of `text`. The same policies in other instants make the same text. */
  readonly digest: string;
  /** Title and blocks as canonical JSON: everything but what it says about itself. */
  readonly text: string;
  readonly map: { readonly id: string; readonly digest: string };
  readonly facts: { readonly restsOn: readonly RestsOn[] };
  readonly document: Document;
}

export interface ReportParts {
  readonly name: ReportName;
  readonly language: Language;
  readonly asOf: Instant;
  readonly graph: MapGraph;
  readonly facts: Report['facts'];
  /** What the template can name besides the facts. */
  readonly view?: object;
  readonly template: Template;
  /** Of the section in which the document says what it rests on. */
  readonly about: Template;
}

/**
 * Renders a report. The text knows no instant, so that it is another version only when something in it is otherwise; the
 * last section says as of when, and by which versions.
 * @throws LetheError `template_invalid`
 */
export function makeReport(parts: ReportParts): Report {
  const { name, language, asOf, graph, facts, view, template, about } = parts;
  const { title, blocks } = renderTemplate(template, { ...facts, ...view });
  const text = canonicalJson({ v: 1, name, language, title, blocks });
  const digest = sha256(text);
  const map = { id: graph.id, digest: graph.digest };
  const last = renderTemplate(about, { asOf, digest, map, versions: byKind(facts.restsOn) });
  const head = { id: idOf(name, digest), language };
  const document = {
    ...head,
    title,
    author: 'Lethe',
    created: asOf,
    blocks: [...blocks, { kind: 'heading', level: 2, text: last.title } as const, ...last.blocks],
  };
  return { ...head, name, asOf, digest, text, map, facts, document };
}

const byKind = (restsOn: readonly RestsOn[]): readonly object[] =>
  [...new Set(restsOn.map(({ kind }) => kind))].map((kind) => ({
    kind,
    policies: restsOn.filter((one) => one.kind === kind),
  }));

const idOf = (name: ReportName, digest: string): string => `${name}-${digest.slice(0, 12)}`;

/** A stored text as a document again; `created` is the date it bears. */
export function documentOfText(text: string, created: Instant): Document {
  const { name, language, title, blocks } = JSON.parse(text) as {
    readonly name: ReportName;
    readonly language: Language;
    readonly title: string;
    readonly blocks: readonly Block[];
  };
  return { id: idOf(name, sha256(text)), title, language, author: 'Lethe', created, blocks };
}
