import { type CborCursor, CborError, type CborReader, type CborWriter } from '../../kernel/cbor/index.ts';

/**
 * An enum with fields as it stands on the wire: `[index, [fields…]]` (`identity.md` §2).
 * `read` returns undefined for an index it does not know; the value is then skipped and undefined returned.
 * @throws {CborError}
 */
export function readVariant<T>(
  reader: CborReader,
  read: (index: number, fields: CborCursor) => T | undefined,
): T | undefined {
  const outer = reader.definiteArray(2);
  const index = outer.required('variant', () => reader.uint(0xffff_ffff));
  let value: T | undefined;
  outer.required('variant fields', () => {
    const fields = reader.array();
    value = read(index, fields);
    fields.end();
  });
  outer.end();
  return value;
}

/**
 * As {@link readVariant}, where an unknown index is an error, as it is in every required field.
 * @throws {CborError}
 */
export function readKnownVariant<T>(
  reader: CborReader,
  name: string,
  read: (index: number, fields: CborCursor) => T | undefined,
): T {
  const value = readVariant(reader, read);
  if (value === undefined) throw new CborError('CBOR_OUT_OF_RANGE', `unknown variant of ${name}`);
  return value;
}

/** Writes the head of variant `index` with `fieldCount` fields, which follow. */
export function writeVariant(writer: CborWriter, index: number, fieldCount: number): CborWriter {
  return writer.array(2).uint(index).array(fieldCount);
}
