/** What requests for revocations and their answers carry (`project.md` §8.2): CBOR, decoded with every length bounded. */
import { CborError, CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { type Identifier, HASH_LENGTH, identifierFromBytes, identifierToBytes } from '../../trust/identity/index.ts';
import { MAX_TOLD } from './revocations.ts';

/** A revocation as its issuer tells it. */
export interface ToldRevocation {
  readonly subject: Identifier;
  readonly sequence: number;
  /** Unix seconds, as in `Revocation`. */
  readonly revokedAtSeconds: number;
  readonly endsAtSeconds: number;
}

/** CBOR `{1: number}`. */
export function encodeRevocationsAfter(after: number): Uint8Array {
  return new CborWriter(16).map(1).uint(1).uint(after).finish();
}

/** @throws {CborError} */
export function decodeRevocationsAfter(bytes: Uint8Array): number {
  const reader = new CborReader(bytes);
  let after: number | undefined;
  const pairs = reader.map();
  while (pairs.more()) {
    if (reader.uint() === 1) after = reader.uint();
    else reader.skip();
  }
  pairs.end();
  if (after === undefined) throw new CborError('CBOR_MISSING_FIELD', 'the field "after" is missing');
  return after;
}

/** CBOR array of `[number, subject, revoked at, ends at]`. */
export function encodeRevocations(revocations: readonly ToldRevocation[]): Uint8Array {
  const writer = new CborWriter(64 * revocations.length + 8).array(revocations.length);
  for (const { sequence, subject, revokedAtSeconds, endsAtSeconds } of revocations) {
    writer.array(4).uint(sequence).bytes(identifierToBytes(subject)).uint(revokedAtSeconds).uint(endsAtSeconds);
  }
  return writer.finish();
}

/** @throws {CborError} CBOR_TOO_LONG above {@link MAX_TOLD}, and whatever else the reader finds */
export function decodeRevocations(bytes: Uint8Array): readonly ToldRevocation[] {
  const reader = new CborReader(bytes);
  return reader.list(() => {
    const fields = reader.array();
    const sequence = fields.required('number', () => reader.uint());
    const subject = fields.required('subject', () => identifierFromBytes(reader.bytes(HASH_LENGTH)));
    const revokedAtSeconds = fields.required('revoked at', () => reader.uint());
    const endsAtSeconds = fields.required('ends at', () => reader.uint());
    fields.end();
    return { sequence, subject, revokedAtSeconds, endsAtSeconds };
  }, MAX_TOLD);
}
