/** A vault whose secrets are in this process's memory, and at rest in a SecretStore. */
import { quoted, type RandomSource } from '../../kernel/index.ts';
import {
  CryptoError,
  generateSecret,
  importPrivateKey,
  type KeyAlgorithm,
  type PrivateKey,
  sign,
  x25519,
} from '../crypto/index.ts';
import { type KeyHandle, type KeyLifetime, keyHandle, type Vault, type VaultKey } from './contract.ts';
import { VaultError } from './errors.ts';
import { privateKeyOf, recordOf } from './secret-wrapping.ts';
import type { SecretStore } from './secret-store.ts';

/** One for each handshake under way; more than a node has, and far below what would fill the memory. */
const MAX_EPHEMERAL_KEYS = 65_536;

/** What a software vault is made of. */
export interface SoftwareVaultOptions {
  readonly store: SecretStore;
  readonly random: RandomSource;
  /** 32 bytes; when given, secrets are encrypted before they reach the store. Plain records stay readable. The vault keeps it. */
  readonly wrappingKey?: Uint8Array | undefined;
  /** Ephemeral keys that may exist at once; 65,536 unless given. */
  readonly maxEphemeralKeys?: number | undefined;
}

/**
 * The software vault; the only process that writes to its store.
 *
 * A secret is wiped as soon as it is parsed. The parsed key lives in memory of OpenSSL, which clears it when the key is
 * collected; JavaScript cannot say when that is.
 */
export class SoftwareVault implements Vault {
  readonly #store: SecretStore;
  readonly #random: RandomSource;
  readonly #wrappingKey: Uint8Array | undefined;
  readonly #maxEphemeralKeys: number;
  readonly #kept = new Map<KeyHandle, PrivateKey>();
  readonly #ephemeral = new Map<KeyHandle, PrivateKey>();

  constructor(options: SoftwareVaultOptions) {
    this.#store = options.store;
    this.#random = options.random;
    this.#wrappingKey = options.wrappingKey;
    this.#maxEphemeralKeys = options.maxEphemeralKeys ?? MAX_EPHEMERAL_KEYS;
  }

  /** @throws {VaultError} VAULT_FULL when too many ephemeral keys exist */
  async generateKey(algorithm: KeyAlgorithm, lifetime: KeyLifetime): Promise<VaultKey> {
    if (lifetime === 'ephemeral' && this.#ephemeral.size >= this.#maxEphemeralKeys)
      throw new VaultError('VAULT_FULL', `${this.#maxEphemeralKeys} ephemeral keys are in use`);
    const secret = generateSecret(algorithm, this.#random);
    try {
      if (lifetime === 'kept') return await this.importKey(algorithm, secret);
      const key = importPrivateKey(algorithm, secret);
      const described = describe(key);
      this.#ephemeral.set(described.handle, key);
      return described;
    } finally {
      secret.fill(0);
    }
  }

  /**
   * Keeps an existing secret (32 bytes: Ed25519 seed, P-256 or X25519 scalar); the caller keeps and wipes `secret`.
   * Importing a secret again changes nothing.
   * @throws {CryptoError} CRYPTO_INVALID_LENGTH, CRYPTO_INVALID_KEY
   */
  async importKey(algorithm: KeyAlgorithm, secret: Uint8Array): Promise<VaultKey> {
    const key = importPrivateKey(algorithm, secret);
    const described = describe(key);
    await this.#store.put(recordOf(described, secret, this.#wrappingKey, this.#random));
    this.#kept.set(described.handle, key);
    return described;
  }

  async describeKey(handle: KeyHandle): Promise<VaultKey> {
    return describe(await this.#load(handle));
  }

  listKeys(): Promise<readonly VaultKey[]> {
    return this.#store.list();
  }

  async sign(handle: KeyHandle, message: Uint8Array): Promise<Uint8Array> {
    const key = await this.#load(handle);
    if (!isOf(key, 'ed25519') && !isOf(key, 'p256')) throw wrongType(handle, key, 'sign');
    return sign(key, message);
  }

  async agree(handle: KeyHandle, peerPublicKey: Uint8Array): Promise<Uint8Array> {
    const key = await this.#load(handle);
    if (!isOf(key, 'x25519')) throw wrongType(handle, key, 'agree on a secret');
    try {
      return x25519(key, peerPublicKey);
    } catch (cause) {
      if (!(cause instanceof CryptoError)) throw cause;
      throw new VaultError('VAULT_KEY_AGREEMENT_FAILED', `no key agreement: ${cause.message}`, { cause });
    }
  }

  async deleteKey(handle: KeyHandle): Promise<boolean> {
    if (this.#ephemeral.delete(handle)) return true;
    const existed = await this.#store.delete(handle);
    this.#kept.delete(handle);
    return existed;
  }

  async #load(handle: KeyHandle): Promise<PrivateKey> {
    const loaded = this.#ephemeral.get(handle) ?? this.#kept.get(handle);
    if (loaded !== undefined) return loaded;
    const record = await this.#store.get(handle);
    if (record === undefined) throw new VaultError('VAULT_UNKNOWN_KEY', `no key has the handle ${quoted(handle)}`);
    const key = privateKeyOf(record, this.#wrappingKey);
    this.#kept.set(handle, key);
    return key;
  }
}

function describe(key: PrivateKey): VaultKey {
  return { handle: keyHandle(key.publicKey), algorithm: key.algorithm, publicKey: key.publicKey };
}

function isOf<A extends KeyAlgorithm>(key: PrivateKey, algorithm: A): key is PrivateKey<A> {
  return key.algorithm === algorithm;
}

function wrongType(handle: KeyHandle, key: PrivateKey, wanted: string): VaultError {
  return new VaultError('VAULT_WRONG_KEY_TYPE', `key ${handle} is ${key.algorithm} and cannot ${wanted}`);
}
