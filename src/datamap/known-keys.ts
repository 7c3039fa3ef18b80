import { z } from 'zod';

type Form = z.core.JSONSchema.BaseSchema;

/** The keys a file may have at `path`, in all forms its schema allows there. */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', cycles: 'ref' });
  const forms = path.reduce<readonly Form[]>(
    (at, part) => at.flatMap((form) => inside(form, part)).flatMap(formsOf),
    formsOf(root),
  );
  return [...new Set(forms.flatMap(({ properties }) => Object.keys(properties ?? {})))];
}

const formsOf = (form: Form): readonly Form[] => [
  form,
  ...[...(form.anyOf ?? []), ...(form.oneOf ?? [])].filter(isForm).flatMap(formsOf),
];

function inside({ properties, items, additionalProperties }: Form, part: PropertyKey): readonly Form[] {
  const entry = typeof part === 'number' ? items : (properties?.[String(part)] ?? additionalProperties);
  return [entry].flat().filter(isForm);
}

const isForm = (value: unknown): value is Form => typeof value === 'object' && value !== null;
