import type { MapEdge } from './graph.js';

/** What the doctor found: data, so that every surface words and counts it alike. */
export interface Finding {
  /** `error`: plans would fail or be wrong. `warning`: somebody must look. `hint`: it would be better otherwise. */
  readonly severity: 'error' | 'warning' | 'hint';
  /** Stable word; `policies/data-maps/README.md` lists those about the map, `docs/doctor.md` the others. */
  readonly code: string;
  /** A path in the map file, or the name of a thing in the database. */
  readonly thing: string;
  readonly message: string;
  /** A statement that would put it right. */
  readonly sql?: string;
}

/** An edge as findings name it: its place in the map alone says too little among a hundred. */
export const edgeName = (
  { index, child, parent }: Pick<MapEdge, 'index' | 'child' | 'parent'>,
  list: 'edges' | 'subject.edges' = 'edges',
): string => `${list}[${index}] (${child.id} → ${parent.id})`;

type Make = (code: string, thing: string, message: string, sql?: string) => Finding;

const make =
  (severity: Finding['severity']): Make =>
  (code, thing, text, sql) => {
    const message = readable(text);
    return sql === undefined ? { severity, code, thing, message } : { severity, code, thing, message, sql };
  };

/** `"public"."tickets"` → `public.tickets` */
const readable = (message: string): string => message.replace(/"([^" ]+)"\."([^" ]+)"/g, '$1.$2');

export const error = make('error');
export const warning = make('warning');
export const hint = make('hint');

const ORDER: readonly Finding['severity'][] = ['error', 'warning', 'hint'];

/** Errors first, then warnings, then hints; in their order within each. */
export const bySeverity = (findings: readonly Finding[]): readonly Finding[] =>
  ORDER.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
