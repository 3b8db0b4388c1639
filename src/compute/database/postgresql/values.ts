/** How values of PostgreSQL's types are written, from the text form in which the server sends them (`capabilities.md` §7.2). */
import { type WriteValue, writeBytes, writeNumber, writeTimestamp } from '../result-writer.ts';

/** Type numbers of `pg_type`. Types that are not here are texts. */
const WRITERS: ReadonlyMap<number, WriteValue<string>> = new Map<number, WriteValue<string>>([
  [16, (text) => (text === 't' ? 'true' : text === 'f' ? 'false' : JSON.stringify(text))],
  [17, writeBytea],
  // int8, int2, int4, oid, xid, cid; float4 and float8, of which NaN and Infinity are texts.
  ...[20, 21, 23, 26, 28, 29, 700, 701].map((type): [number, WriteValue<string>] => [type, writeNumber]),
  // json and jsonb, as bytes.
  ...[114, 3802].map((type): [number, WriteValue<string>] => [type, (text) => writeBytes(Buffer.from(text))]),
  // date, timestamp, timestamptz.
  ...[1082, 1114, 1184].map((type): [number, WriteValue<string>] => [type, writeTimestamp]),
]);

/** How values of the type with that number are written. */
export function writerOf(type: number): WriteValue<string> {
  return WRITERS.get(type) ?? JSON.stringify;
}

function writeBytea(text: string): string {
  return /^\\x(?:[\da-f]{2})*$/.test(text) ? writeBytes(Buffer.from(text.slice(2), 'hex')) : JSON.stringify(text);
}
