/** A copy of a policy without the field at a path, such as `controller.email`; the last part may name several: `email+phone`. */
export function withoutField(content: unknown, path: string): unknown {
  const copy = structuredClone(content);
  const parts = path.split('.');
  const names = parts.pop()?.split('+') ?? [];
  let at = copy as Record<string, unknown>;
  for (const part of parts) at = at[part] as Record<string, unknown>;
  for (const name of names) Reflect.deleteProperty(at, name);
  return copy;
}
