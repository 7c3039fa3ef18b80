/**
 * The one JSON text of a value (RFC 8785): no white space, keys in UTF-16 order, numbers as JavaScript prints them. What
 * is hashed must mean one thing, so what JSON.stringify would drop or bend is refused with a TypeError that says where:
 * undefined, functions, symbols, bigints, NaN and infinities, lone surrogates, anything but plain objects and arrays.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$');
}

function write(value: unknown, path: string): string {
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value === 'string') return writeText(value, path);
  if (Array.isArray(value))
    return `[${Array.from(value, (item, i) => write(item, `${path}[${i}]`)).join(',')}]`;
  if (isPlainObject(value)) return `{${writeEntries(value, path)}}`;
  throw new TypeError(`${path}: a value of type ${kindOf(value)} has no canonical JSON`);
}

function writeEntries(object: Readonly<Record<string, unknown>>, path: string): string {
  return Object.keys(object)
    .sort() // by UTF-16 code units, as the RFC asks
    .map((key) => `${writeText(key, path)}:${write(object[key], `${path}.${key}`)}`)
    .join(',');
}

function writeText(text: string, path: string): string {
  if (!text.isWellFormed()) throw new TypeError(`${path}: half of a surrogate pair is no text`);
  return JSON.stringify(text);
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function kindOf(value: unknown): string {
  return typeof value === 'object' ? Object.prototype.toString.call(value).slice(8, -1) : typeof value;
}
