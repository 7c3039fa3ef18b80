export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The entries of an object that may be anything, for findings that do not wait for the rest to be right. */
export const entriesOf = (value: unknown): JsonObject => (isObject(value) ? value : {});
