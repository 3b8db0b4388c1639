/** A vault whose secrets are in this process's memory, and at rest in a SecretStore. */
import { quoted, type RandomSource, SlotMap } from '../../kernel/index.ts';
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
  /**
   * Runs `action` once, soon, when nothing more urgent is to be done. With it one ephemeral X25519 key is made ahead after each
   * that was taken, so that a handshake need not wait for it; without it every key is made when it is asked for.
   */
  readonly whenIdle?: ((action: () => void) => void) | undefined;
}

/** A parsed key and its public side. */
interface LoadedKey {
  readonly key: PrivateKey;
  readonly described: VaultKey;
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
  readonly #whenIdle: SoftwareVaultOptions['whenIdle'];
  readonly #kept = new Map<KeyHandle, LoadedKey>();
  readonly #ephemeral = new SlotMap<LoadedKey, KeyHandle>();
  /** Made ahead and known to nobody: it is in use, and counted, from when it is handed out, once. */
  #ready: LoadedKey | undefined;

  constructor(options: SoftwareVaultOptions) {
    this.#store = options.store;
    this.#random = options.random;
    this.#wrappingKey = options.wrappingKey;
    this.#maxEphemeralKeys = options.maxEphemeralKeys ?? MAX_EPHEMERAL_KEYS;
    this.#whenIdle = options.whenIdle;
  }

  /** @throws {VaultError} VAULT_FULL when too many ephemeral keys exist */
  async generateKey(algorithm: KeyAlgorithm, lifetime: KeyLifetime): Promise<VaultKey> {
    if (lifetime === 'kept') {
      const secret = generateSecret(algorithm, this.#random);
      try {
        return await this.importKey(algorithm, secret);
      } finally {
        secret.fill(0);
      }
    }
    if (this.#ephemeral.size >= this.#maxEphemeralKeys)
      throw new VaultError('VAULT_FULL', `${this.#maxEphemeralKeys} ephemeral keys are in use`);
    const made = algorithm === 'x25519' ? this.#takeReady() : this.#make(algorithm);
    this.#ephemeral.set(made.described.handle, made);
    return made.described;
  }

  /**
   * Keeps an existing secret (32 bytes: Ed25519 seed, P-256 or X25519 scalar); the caller keeps and wipes `secret`.
   * Importing a secret again changes nothing.
   * @throws {CryptoError} CRYPTO_INVALID_LENGTH, CRYPTO_INVALID_KEY
   */
  async importKey(algorithm: KeyAlgorithm, secret: Uint8Array): Promise<VaultKey> {
    const loaded = describe(importPrivateKey(algorithm, secret));
    const { described } = loaded;
    await this.#store.put(recordOf(described, secret, this.#wrappingKey, this.#random));
    this.#kept.set(described.handle, loaded);
    return described;
  }

  async describeKey(handle: KeyHandle): Promise<VaultKey> {
    return (this.#loaded(handle) ?? (await this.#load(handle))).described;
  }

  listKeys(): Promise<readonly VaultKey[]> {
    return this.#store.list();
  }

  async sign(handle: KeyHandle, message: Uint8Array): Promise<Uint8Array> {
    const { key } = this.#loaded(handle) ?? (await this.#load(handle));
    if (!isOf(key, 'ed25519') && !isOf(key, 'p256')) throw wrongType(handle, key, 'sign');
    return sign(key, message);
  }

  async agree(handle: KeyHandle, peerPublicKey: Uint8Array): Promise<Uint8Array> {
    const { key } = this.#loaded(handle) ?? (await this.#load(handle));
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

  #loaded(handle: KeyHandle): LoadedKey | undefined {
    return this.#ephemeral.get(handle) ?? this.#kept.get(handle);
  }

  async #load(handle: KeyHandle): Promise<LoadedKey> {
    const record = await this.#store.get(handle);
    if (record === undefined) throw new VaultError('VAULT_UNKNOWN_KEY', `no key has the handle ${quoted(handle)}`);
    const loaded = describe(privateKeyOf(record, this.#wrappingKey));
    this.#kept.set(handle, loaded);
    return loaded;
  }

  /** The key that was made ahead, else a new one; either way another is made ahead when there is time. */
  #takeReady(): LoadedKey {
    const taken = this.#ready ?? this.#make('x25519');
    this.#ready = undefined;
    this.#whenIdle?.(() => this.#makeAhead());
    return taken;
  }

  #makeAhead(): void {
    try {
      this.#ready ??= this.#make('x25519');
    } catch (error) {
      // Nobody asked for this key; who asks for the next one meets the same failure and is told.
      if (!(error instanceof CryptoError)) throw error;
    }
  }

  #make(algorithm: KeyAlgorithm): LoadedKey {
    const secret = generateSecret(algorithm, this.#random);
    try {
      return describe(importPrivateKey(algorithm, secret));
    } finally {
      secret.fill(0);
    }
  }
}

function describe(key: PrivateKey): LoadedKey {
  const { algorithm, publicKey } = key;
  return { key, described: { handle: keyHandle(publicKey), algorithm, publicKey } };
}

function isOf<A extends KeyAlgorithm>(key: PrivateKey, algorithm: A): key is PrivateKey<A> {
  return key.algorithm === algorithm;
}

function wrongType(handle: KeyHandle, key: PrivateKey, wanted: string): VaultError {
  return new VaultError('VAULT_WRONG_KEY_TYPE', `key ${handle} is ${key.algorithm} and cannot ${wanted}`);
}
