import { BytesError, fromHex, toHex } from '../../kernel/bytes/index.ts';
import { quoted } from '../../kernel/errors/index.ts';
import { IdentityError } from './errors.ts';

/** Specification constant: bytes of an Identifier and of a ChangeHash (`identity.md` §3). */
export const HASH_LENGTH = 32;

declare const identifierBrand: unique symbol;
declare const changeHashBrand: unique symbol;

/**
 * The constant name of an identity: `I` and 64 lower-case hex digits (`identity.md` §3).
 *
 * It is the hash of the identity's first change, hence immutable and self-certifying. Being a string in canonical form,
 * it is compared with `===` and is a map key as it stands. Only the functions of this file make one.
 */
export type Identifier = string & { readonly [identifierBrand]: true };

/** The hash of one change of a history: 64 lower-case hex digits, compared with `===` (`identity.md` §3). */
export type ChangeHash = string & { readonly [changeHashBrand]: true };

const CANONICAL = /^I[0-9a-f]{64}$/;

/** Whether `text` is an Identifier in canonical form already. */
export function isIdentifier(text: string): text is Identifier {
  return CANONICAL.test(text);
}

/**
 * The Identifier written in `text`: surrounding white space is dropped, hex digits may have either case.
 * @throws {IdentityError} IDENTITY_INVALID_IDENTIFIER
 */
export function parseIdentifier(text: string): Identifier {
  const canonical = text.trim();
  if (canonical.startsWith('I')) {
    const lower = `I${canonical.slice(1).toLowerCase()}`;
    if (isIdentifier(lower)) return lower;
  }
  throw new IdentityError(
    'IDENTITY_INVALID_IDENTIFIER',
    `an identifier is "I" and ${HASH_LENGTH * 2} hex digits, not ${quoted(text)}`,
  );
}

/**
 * The Identifier whose binary form is `bytes`.
 * @throws {IdentityError} IDENTITY_INVALID_IDENTIFIER when there are not exactly 32.
 */
export function identifierFromBytes(bytes: Uint8Array): Identifier {
  return `I${hashText(bytes)}` as Identifier;
}

/** The binary form of `identifier`, 32 new bytes. */
export function identifierToBytes(identifier: Identifier): Uint8Array {
  return fromHex(identifier.slice(1));
}

/** The Identifier of the history that begins with the change of hash `first`. */
export function identifierOf(first: ChangeHash): Identifier {
  return `I${first}` as Identifier;
}

/**
 * The ChangeHash whose binary form is `bytes`.
 * @throws {IdentityError} IDENTITY_INVALID_IDENTIFIER when there are not exactly 32.
 */
export function changeHashFromBytes(bytes: Uint8Array): ChangeHash {
  return hashText(bytes) as ChangeHash;
}

/** The ChangeHash that `digest`, the lower-case hex of a SHA-256, is. */
export function changeHashFromDigest(digest: string): ChangeHash {
  return digest as ChangeHash;
}

/**
 * The ChangeHash written in `text`, 64 hex digits of either case.
 * @throws {IdentityError} IDENTITY_INVALID_IDENTIFIER
 */
export function parseChangeHash(text: string): ChangeHash {
  try {
    return changeHashFromBytes(fromHex(text));
  } catch (cause) {
    if (!(cause instanceof BytesError)) throw cause;
    throw new IdentityError('IDENTITY_INVALID_IDENTIFIER', `not a change hash: ${quoted(text)}`, { cause });
  }
}

/** The binary form of `hash`, 32 new bytes. */
export function changeHashToBytes(hash: ChangeHash): Uint8Array {
  return fromHex(hash);
}

function hashText(bytes: Uint8Array): string {
  if (bytes.length !== HASH_LENGTH) {
    throw new IdentityError('IDENTITY_INVALID_IDENTIFIER', `a hash has ${HASH_LENGTH} bytes, not ${bytes.length}`);
  }
  return toHex(bytes);
}
