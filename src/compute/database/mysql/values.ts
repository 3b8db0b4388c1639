/**
 * How values of MySQL's types are written, from what the driver makes of the binary form (`capabilities.md` §7.2). Texts are bytes
 * to the reference's driver, and so base64 to its guests.
 */
import { type WriteValue, writeBytes, writeNumber, writeTimestamp } from '../result-writer.ts';

/** A value as the driver gives it: digits of 64 bits are a text. */
export type MysqlValue = string | number | Uint8Array;

/** Numbers of column types. */
const TYPE = {
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  timestamp: 7,
  longlong: 8,
  int24: 9,
  date: 10,
  datetime: 12,
  year: 13,
  newdate: 14,
} as const;

const NUMBERS: ReadonlySet<number> = new Set([
  TYPE.tiny,
  TYPE.short,
  TYPE.long,
  TYPE.double,
  TYPE.longlong,
  TYPE.int24,
  TYPE.year,
]);
const TIMES: ReadonlySet<number> = new Set([TYPE.timestamp, TYPE.date, TYPE.datetime, TYPE.newdate]);
/** What the driver is to leave as bytes: everything but numbers and times, which have forms of their own. */
const READ_BY_DRIVER: ReadonlySet<string> = new Set([
  'TINY',
  'SHORT',
  'LONG',
  'FLOAT',
  'DOUBLE',
  'TIMESTAMP',
  'LONGLONG',
  'INT24',
  'DATE',
  'TIME',
  'DATETIME',
  'YEAR',
  'NEWDATE',
]);

/** Reads a value: as the driver does, or as the bytes it is. */
export function readValue(
  field: { readonly type: string; readonly buffer: () => Uint8Array | null },
  next: () => unknown,
): unknown {
  return READ_BY_DRIVER.has(field.type) ? next() : field.buffer();
}

/** How values of the column type with that number are written. */
export function writerOf(type: number | undefined, parseTime: boolean): WriteValue<MysqlValue> {
  if (type === TYPE.float) return (value) => (typeof value === 'number' ? shortestSingle(value) : bytesOf(value));
  if (type !== undefined && NUMBERS.has(type)) {
    return (value) => (value instanceof Uint8Array ? bytesOf(value) : writeNumber(String(value)));
  }
  if (parseTime && type !== undefined && TIMES.has(type)) {
    return (value) => writeTimestamp(String(value).startsWith('0000-00-00') ? '0001-01-01' : String(value));
  }
  return bytesOf;
}

function bytesOf(value: MysqlValue): string {
  return writeBytes(value instanceof Uint8Array ? value : Buffer.from(String(value)));
}

/** The shortest decimal that is this number in single precision: 0.1, and not the double nearest to it. */
function shortestSingle(value: number): string {
  for (let digits = 6; digits < 10; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return writeNumber(String(shorter));
  }
  return writeNumber(String(value));
}
