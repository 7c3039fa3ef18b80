import { z } from 'zod';
import type { MapGraph } from '../datamap/graph.js';
import { accessSchema, MASKS } from './access-schema.js';
import { recordName } from './activity-data.js';
import { activitySchema } from './activity-schema.js';
import { conditionSchema } from './condition-schema.js';
import { consentSchema } from './consent-schema.js';
import { intakeSchema } from './intake-schema.js';
import { organisationSchema } from './organisation-schema.js';
import type { PolicyKind } from './policy.js';
import { nonEmpty, retentionJsonSchema } from './retention-schema.js';

/** What an editor completes policies of a kind from, with the records, columns and facts of this installation's data map. */
const SCHEMAS: { readonly [Kind in Exclude<PolicyKind, 'retention'>]: (graph: MapGraph) => z.ZodType } = {
  organisation: () => organisationSchema,
  activity: activityForm,
  access: accessForm,
  consent: () => consentSchema,
  intake: intakeForm,
};

/** The JSON Schema (2020-12) of policies of a kind. */
export function policyJsonSchema(graph: MapGraph, kind: PolicyKind): object {
  if (kind === 'retention') return retentionJsonSchema(graph);
  return {
    title: `Lethe ${kind} policy`,
    ...z.toJSONSchema(SCHEMAS[kind](graph), { io: 'input', unrepresentable: 'any' }),
  };
}

function activityForm(graph: MapGraph): z.ZodType {
  const names = nonEmpty([...graph.tables.values()].map(recordName));
  return names
    ? activitySchema.extend({ records: z.array(z.enum(names)).min(1).optional() })
    : activitySchema;
}

/** One form a record: its own columns and facts. */
function accessForm(graph: MapGraph): z.ZodType {
  const forms = [...graph.records].map(([record, { columns, facts }]) => {
    const names = nonEmpty([...columns.keys()]);
    return accessSchema.extend({
      record: z.literal(record),
      when: conditionSchema(nonEmpty([...facts.keys()])).optional(),
      ...(names ? { masks: z.partialRecord(z.enum(names), z.enum(MASKS)).optional() } : {}),
    });
  });
  return forms.length === 0 ? accessSchema : z.union(forms);
}

function intakeForm(graph: MapGraph): z.ZodType {
  const names = nonEmpty(
    [...graph.records].flatMap(([record, { columns }]) =>
      [...columns.keys()].map((column) => `${record}.${column}`),
    ),
  );
  const use = intakeSchema.shape.fields.valueType;
  return names ? intakeSchema.extend({ fields: z.partialRecord(z.enum(names), use) }) : intakeSchema;
}
