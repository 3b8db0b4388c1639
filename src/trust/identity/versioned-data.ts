import { CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { readOwnedBytes } from './errors.ts';

/** The only version of signed data (`identity.md` §4). */
export const DATA_VERSION = 1;

/** What signed data is about (`identity.md` §4). */
export const DataType = { change: 1, purposeKeyAttestation: 2, credential: 3 } as const;

/** The envelope inside everything that is signed; its encoding is what is hashed and signed (`identity.md` §4). */
export interface VersionedData {
  /** 0 … 255. */
  readonly version: number;
  /** 0 … 255. */
  readonly dataType: number;
  /** The encoding of the data itself. */
  readonly data: Uint8Array;
}

/** The encoding of `data` under the current version. */
export function encodeVersionedData(dataType: number, data: Uint8Array): Uint8Array {
  return new CborWriter(data.length + 8).array(3).uint(DATA_VERSION).uint(dataType).bytes(data).finish();
}

/**
 * Decodes the envelope; bytes after it are ignored, as the reference does.
 * @throws {CborError}
 */
export function decodeVersionedData(bytes: Uint8Array): VersionedData {
  const reader = new CborReader(bytes);
  const fields = reader.array();
  const version = fields.required('version', () => reader.uint(0xff));
  const dataType = fields.required('data_type', () => reader.uint(0xff));
  const data = fields.required('data', () => readOwnedBytes(reader));
  fields.end();
  return { version, dataType, data };
}
