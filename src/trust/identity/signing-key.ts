import type { CborCursor, CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { CryptoError, PUBLIC_KEY_LENGTH, SIGNATURE_LENGTH, type SigningAlgorithm } from '../crypto/index.ts';
import { IdentityError, readOwnedBytes } from './errors.ts';
import { readKnownVariant, readVariant, writeVariant } from './variant.ts';
import { VerifiedSignatures } from './verified-signatures.ts';

/** A key that verifies signatures (`identity.md` §5.1, `pubkey`). */
export interface SigningPublicKey {
  readonly algorithm: SigningAlgorithm;
  /** Ed25519: 32 bytes. P-256: 65 bytes, `04 ‖ X ‖ Y`. */
  readonly bytes: Uint8Array;
}

/** A signature with the algorithm that made it (`identity.md` §5.1, `sig`). */
export interface TypedSignature {
  readonly algorithm: SigningAlgorithm;
  /** 64 bytes, `R ‖ S` or `r ‖ s`. */
  readonly bytes: Uint8Array;
}

/** Variant numbers of keys and signatures on the wire, which agree with each other. */
const ALGORITHMS = ['ed25519', 'p256'] as const satisfies readonly SigningAlgorithm[];

/** One for the process: what it remembers is true of the bytes, whichever node or identity asks. */
const verified = new VerifiedSignatures();

/** @throws {CborError} */
export function readSigningPublicKey(reader: CborReader): SigningPublicKey {
  return readKnownVariant(reader, 'public key', (index, fields) => {
    const algorithm = ALGORITHMS[index];
    if (algorithm === undefined) return undefined;
    return { algorithm, bytes: fields.required('key', () => readOwnedBytes(reader, PUBLIC_KEY_LENGTH[algorithm])) };
  });
}

export function writeSigningPublicKey(writer: CborWriter, key: SigningPublicKey): void {
  writeVariant(writer, ALGORITHMS.indexOf(key.algorithm), 1).bytes(key.bytes);
}

/** @throws {CborError} */
export function readSignature(reader: CborReader): TypedSignature {
  return readKnownVariant(reader, 'signature', (index, fields) => signatureFields(reader, index, fields));
}

/** As {@link readSignature}; undefined for an algorithm that is not known, as optional fields do (`identity.md` §2). */
export function readSignatureIfKnown(reader: CborReader): TypedSignature | undefined {
  return readVariant(reader, (index, fields) => signatureFields(reader, index, fields));
}

export function writeSignature(writer: CborWriter, signature: TypedSignature): void {
  writeVariant(writer, ALGORITHMS.indexOf(signature.algorithm), 1).bytes(signature.bytes);
}

/**
 * Whether `signature` is the one of `key` over `digest`; `check` is the rule of identity.md §8 that asks.
 *
 * The algorithms hash once more by themselves: `digest` is their message, never their prehash (`identity.md` §1).
 * @throws {IdentityError} IDENTITY_SIGNATURE_TYPE_MISMATCH when key and signature are of different algorithms,
 *   IDENTITY_INVALID_PUBLIC_KEY when `key` is no key of its algorithm
 */
export function verifySignature(
  key: SigningPublicKey,
  digest: Uint8Array,
  signature: TypedSignature,
  check: string,
): boolean {
  if (key.algorithm !== signature.algorithm) {
    throw new IdentityError(
      'IDENTITY_SIGNATURE_TYPE_MISMATCH',
      `the key is of ${key.algorithm}, the signature of ${signature.algorithm}`,
      { check },
    );
  }
  try {
    return verified.verify(key.algorithm, key.bytes, digest, signature.bytes);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new IdentityError('IDENTITY_INVALID_PUBLIC_KEY', `a key of ${key.algorithm} is not valid`, { cause, check });
  }
}

function signatureFields(reader: CborReader, index: number, fields: CborCursor): TypedSignature | undefined {
  const algorithm = ALGORITHMS[index];
  if (algorithm === undefined) return undefined;
  return { algorithm, bytes: fields.required('signature', () => readOwnedBytes(reader, SIGNATURE_LENGTH)) };
}
