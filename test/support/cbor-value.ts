import { type CborReader, CborWriter } from '../../src/kernel/cbor/index.ts';

/** Any CBOR value that the codec reads: integers as numbers, as bigints beyond ±(2^53−1). */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<CborValue, CborValue>;

/** Reads the next item whatever it is; a tag, undefined or simple value is refused as the codec has no reader for it. */
export function readValue(reader: CborReader): CborValue {
  switch (reader.peek()) {
    case 'uint':
      return narrow(reader.uint64());
    case 'negint':
      return narrow(reader.int64());
    case 'text':
      return reader.text();
    case 'array':
      return reader.list(() => readValue(reader), 1_000_000);
    case 'map': {
      const entries = new Map<CborValue, CborValue>();
      const cursor = reader.map();
      while (cursor.more()) {
        const key = readValue(reader);
        entries.set(key, readValue(reader));
      }
      cursor.end();
      return entries;
    }
    case 'bool':
      return reader.bool();
    case 'float':
      return reader.float();
    case 'null':
      reader.takeNull();
      return null;
    default:
      return reader.bytes();
  }
}

/** Writes `value`; a whole number as an integer, any other as a float. */
export function writeValue(writer: CborWriter, value: CborValue): void {
  if (value === null) writer.null();
  else if (typeof value === 'bigint' || Number.isSafeInteger(value)) writer.int(value as number | bigint);
  else if (typeof value === 'number') writer.float64(value);
  else if (typeof value === 'string') writer.text(value);
  else if (typeof value === 'boolean') writer.bool(value);
  else if (value instanceof Uint8Array) writer.bytes(value);
  else if (value instanceof Map) {
    writer.map(value.size);
    for (const [key, item] of value as ReadonlyMap<CborValue, CborValue>) {
      writeValue(writer, key);
      writeValue(writer, item);
    }
  } else {
    const items = value as readonly CborValue[];
    writer.array(items.length);
    for (const item of items) writeValue(writer, item);
  }
}

/** Bytes of `value`. */
export function encodeValue(value: CborValue): Uint8Array {
  const writer = new CborWriter(8);
  writeValue(writer, value);
  return writer.finish();
}

function narrow(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
