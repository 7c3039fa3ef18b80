import { parseArray } from './arrays.js';

type Parser = (text: string) => unknown;

const asText: Parser = (text) => text;
const asBytes: Parser = (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex'));

const UTC_INSTANT = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/;

/** `2026-11-21 00:00:00.5+00` → `2026-11-21T00:00:00.500000Z`; infinity and BC dates stay as PostgreSQL prints them. */
export function instantText(text: string): string {
  const [, date, time, fraction = ''] = UTC_INSTANT.exec(text) ?? [];
  return date === undefined || time === undefined ? text : `${date}T${time}.${fraction.padEnd(6, '0')}Z`;
}

/** By the type's OID (pg_type.dat; these never change). What is not listed stays text. */
const SCALARS: Readonly<Record<number, Parser>> = {
  16: (text) => text === 't', // bool
  17: asBytes, // bytea
  20: asText, // int8: beyond 2^53 a JavaScript number is another number
  21: Number, // int2
  23: Number, // int4
  26: asText, // oid
  114: JSON.parse, // json
  700: Number, // float4
  701: Number, // float8
  1082: asText, // date
  1114: asText, // timestamp
  1184: instantText, // timestamptz: a Date would lose the microseconds
  1700: asText, // numeric
  3802: JSON.parse, // jsonb
};

/** OID of an array type → OID of its elements. */
const ARRAYS: Readonly<Record<number, number>> = {
  199: 114, // json[]
  651: 650, // cidr[]
  1000: 16, // bool[]
  1001: 17, // bytea[]
  1002: 18, // "char"[]
  1003: 19, // name[]
  1005: 21, // int2[]
  1007: 23, // int4[]
  1009: 25, // text[]
  1014: 1042, // char(n)[]
  1015: 1043, // varchar[]
  1016: 20, // int8[]
  1021: 700, // float4[]
  1022: 701, // float8[]
  1028: 26, // oid[]
  1041: 869, // inet[]
  1115: 1114, // timestamp[]
  1182: 1082, // date[]
  1183: 1083, // time[]
  1185: 1184, // timestamptz[]
  1187: 1186, // interval[]
  1231: 1700, // numeric[]
  2951: 2950, // uuid[]
  3807: 3802, // jsonb[]
};

function withArrays(): Record<number, Parser> {
  const parsers: Record<number, Parser> = { ...SCALARS };
  for (const [array, element] of Object.entries(ARRAYS)) {
    const parse = SCALARS[element] ?? asText;
    parsers[Number(array)] = (text) => parseArray(text, parse);
  }
  return parsers;
}

/** Text → value by type OID: the same table for both databases, so that both return the same. */
export const PARSERS: Readonly<Record<number, Parser>> = withArrays();

export const parserOf = (oid: number): Parser => PARSERS[oid] ?? asText;
