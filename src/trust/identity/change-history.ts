import { CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { BytesError, fromHex, toHex } from '../../kernel/bytes/index.ts';
import { quoted } from '../../kernel/errors/index.ts';
import { type Change, changeHashOf, readChange, writeChange } from './change.ts';
import { IdentityError, decoding } from './errors.ts';

/** All changes of an identity, oldest first; as received, so not necessarily verified (`identity.md` §5.1). */
export type ChangeHistory = readonly Change[];

/**
 * Ours: 60 KiB, some 260 rotations. A handshake message holds 65,535 bytes (`identity.md` §11); the rest of it is for the
 * attestation and a credential, so that no identity can grow out of use.
 */
export const MAX_HISTORY_BYTES = 61_440;

/** Ours: more changes than fit into {@link MAX_HISTORY_BYTES}; bounds the signatures one message makes us verify. */
export const MAX_CHANGES = 512;

/** How a received history relates to the known one of the same Identifier (`identity.md` §8.2). */
export type HistoryRelation = 'conflict' | 'older' | 'equal' | 'newer';

export function writeChangeHistory(writer: CborWriter, history: ChangeHistory): void {
  writer.array(history.length);
  for (const change of history) writeChange(writer, change);
}

/** @throws {CborError} CBOR_TOO_LONG above {@link MAX_CHANGES} changes, and whatever else the reader finds. */
export function readChangeHistory(reader: CborReader): ChangeHistory {
  return reader.list(() => readChange(reader), MAX_CHANGES);
}

/**
 * The exported form of an identity (`identity.md` §10).
 * @throws {IdentityError} IDENTITY_TOO_LONG above {@link MAX_HISTORY_BYTES}.
 */
export function encodeChangeHistory(history: ChangeHistory): Uint8Array {
  const writer = new CborWriter(160 * history.length + 8);
  writeChangeHistory(writer, history);
  checkLength(writer.length);
  return writer.finish();
}

/**
 * Decodes an exported identity without verifying it; bytes after it are ignored.
 * @throws {IdentityError} IDENTITY_TOO_LONG, IDENTITY_DECODE_FAILED
 */
export function decodeChangeHistory(bytes: Uint8Array): ChangeHistory {
  checkLength(bytes.length);
  return decoding('change history', () => readChangeHistory(new CborReader(bytes)));
}

/** The text form of an exported identity: lower-case hex. @throws {IdentityError} IDENTITY_TOO_LONG */
export function changeHistoryToHex(history: ChangeHistory): string {
  return toHex(encodeChangeHistory(history));
}

/**
 * Decodes the text form of an exported identity: hex of either case, no prefix, no white space.
 * @throws {IdentityError} IDENTITY_TOO_LONG, IDENTITY_DECODE_FAILED
 */
export function changeHistoryFromHex(text: string): ChangeHistory {
  checkLength(text.length / 2);
  try {
    return decodeChangeHistory(fromHex(text));
  } catch (cause) {
    if (!(cause instanceof BytesError)) throw cause;
    throw new IdentityError('IDENTITY_DECODE_FAILED', `the change history is not hex: ${quoted(text)}`, { cause });
  }
}

/** Compares change hashes pairwise over the common prefix, then the lengths (`identity.md` §8.2). */
export function compareHistories(known: ChangeHistory, received: ChangeHistory): HistoryRelation {
  for (const [index, change] of received.entries()) {
    const other = known[index];
    if (other === undefined) break;
    if (changeHashOf(change) !== changeHashOf(other)) return 'conflict';
  }
  if (received.length === known.length) return 'equal';
  return received.length < known.length ? 'older' : 'newer';
}

function checkLength(bytes: number): void {
  if (bytes > MAX_HISTORY_BYTES) {
    throw new IdentityError(
      'IDENTITY_TOO_LONG',
      `a change history has at most ${MAX_HISTORY_BYTES} bytes, not ${bytes}`,
    );
  }
}
