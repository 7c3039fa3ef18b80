/** A second run over objects that the first one annotated went wrong once; frozen, maps included, it cannot. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) freezeEntries(value);
  Object.freeze(value);
  for (const entry of value instanceof Map ? value.values() : Object.values(value)) deepFreeze(entry);
  return value;
}

/** Object.freeze leaves a Map's entries open. */
function freezeEntries(map: Map<unknown, unknown>): void {
  const refuse = (): never => {
    throw new TypeError('a compiled data map cannot be changed');
  };
  Object.assign(map, { set: refuse, delete: refuse, clear: refuse });
}
