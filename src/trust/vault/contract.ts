/**
 * What a keeper of private keys can be asked. Keys may live in memory, in hardware or with a cloud service, so every answer is a
 * promise, and no secret ever comes out. `conformance.ts` holds each implementation to what is said here.
 */
import { type KeyAlgorithm, sha256Hex } from '../crypto/index.ts';

/** Names a key pair inside one vault: the SHA-256 of its raw public key in lower-case hex. `secure-channel.md` §1.4. */
export type KeyHandle = string;

/** The public side of a key in a vault. */
export interface VaultKey {
  readonly handle: KeyHandle;
  readonly algorithm: KeyAlgorithm;
  /** Raw public key; shared, not to be written to. */
  readonly publicKey: Uint8Array;
}

/** How long a generated key lives: until it is deleted, or at most as long as the process, and never written anywhere. */
export type KeyLifetime = 'kept' | 'ephemeral';

/** A keeper of private keys. Arguments are read during the call only; results belong to the caller. */
export interface Vault {
  /** Makes a key pair. */
  readonly generateKey: (algorithm: KeyAlgorithm, lifetime: KeyLifetime) => Promise<VaultKey>;
  /**
   * The public side of a key.
   * @throws {VaultError} VAULT_UNKNOWN_KEY
   */
  readonly describeKey: (handle: KeyHandle) => Promise<VaultKey>;
  /** All kept keys, in order of their handles; ephemeral ones are not listed. */
  readonly listKeys: () => Promise<readonly VaultKey[]>;
  /**
   * Signs `message` with an Ed25519 or P-256 key: 64 bytes.
   * @throws {VaultError} VAULT_UNKNOWN_KEY, VAULT_WRONG_KEY_TYPE
   */
  readonly sign: (handle: KeyHandle, message: Uint8Array) => Promise<Uint8Array>;
  /**
   * The X25519 shared secret of a key and a raw public key: 32 bytes, which the caller wipes after use.
   * @throws {VaultError} VAULT_UNKNOWN_KEY, VAULT_WRONG_KEY_TYPE; VAULT_KEY_AGREEMENT_FAILED when `peerPublicKey` is unusable
   */
  readonly agree: (handle: KeyHandle, peerPublicKey: Uint8Array) => Promise<Uint8Array>;
  /** Deletes a key and wipes its secret as far as the keeper can; resolves to whether there was one. */
  readonly deleteKey: (handle: KeyHandle) => Promise<boolean>;
}

/** The handle of the key pair that a raw public key belongs to. */
export function keyHandle(publicKey: Uint8Array): KeyHandle {
  return sha256Hex(publicKey);
}
