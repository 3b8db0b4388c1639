/** Where the software vault keeps its secrets between runs. `conformance.ts` holds each implementation to what is said here. */
import type { KeyHandle, VaultKey } from './contract.ts';

/** One kept key with its secret. */
export interface SecretRecord extends VaultKey {
  /** `plain`: `secret` is the 32 bytes themselves. `wrapped`: encrypted by the vault, see `secret-wrapping.ts`. */
  readonly protection: 'plain' | 'wrapped';
  readonly secret: Uint8Array;
}

/** A durable table of secrets, keyed by handle. The bytes mean nothing to it. */
export interface SecretStore {
  /** Adds or replaces a record. The record's bytes belong to the store from the call on. */
  readonly put: (record: SecretRecord) => Promise<void>;
  /** A copy of the record, which the caller wipes after use. */
  readonly get: (handle: KeyHandle) => Promise<SecretRecord | undefined>;
  /** Removes a record and its bytes; resolves to whether there was one. */
  readonly delete: (handle: KeyHandle) => Promise<boolean>;
  /** The public sides of all records, in order of their handles. */
  readonly list: () => Promise<readonly VaultKey[]>;
}

/** Secrets that live as long as the process. */
export class MemorySecretStore implements SecretStore {
  readonly #records = new Map<KeyHandle, SecretRecord>();

  put(record: SecretRecord): Promise<void> {
    this.#records.get(record.handle)?.secret.fill(0);
    this.#records.set(record.handle, record);
    return Promise.resolve();
  }

  get(handle: KeyHandle): Promise<SecretRecord | undefined> {
    const record = this.#records.get(handle);
    return Promise.resolve(record && { ...record, secret: record.secret.slice() });
  }

  delete(handle: KeyHandle): Promise<boolean> {
    this.#records.get(handle)?.secret.fill(0);
    return Promise.resolve(this.#records.delete(handle));
  }

  list(): Promise<readonly VaultKey[]> {
    const keys = [...this.#records.values()].map(({ handle, algorithm, publicKey }) => ({
      handle,
      algorithm,
      publicKey,
    }));
    return Promise.resolve(keys.sort((a, b) => (a.handle < b.handle ? -1 : 1)));
  }
}
