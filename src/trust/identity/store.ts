/** What identities are remembered by. `conformance.ts` holds each implementation to what is said here. */
import { equal } from '../../kernel/index.ts';
import type { Identifier } from './identifier.ts';
import type { PurposeKeyKind } from './purpose-key-attestation.ts';

/** The change history of every identity that was ever accepted, own or foreign. The bytes mean nothing to the store. */
export interface ChangeHistoryStore {
  /** The encoded history of `identifier`; belongs to the caller. */
  readonly get: (identifier: Identifier) => Promise<Uint8Array | undefined>;
  /**
   * Stores `history` if what is stored for `identifier` still equals `expected` (undefined: nothing); resolves to whether it did.
   * Atomic, so that of two histories that arrive at once the longer one stays. `history` is read during the call only.
   */
  readonly replace: (identifier: Identifier, expected: Uint8Array | undefined, history: Uint8Array) => Promise<boolean>;
  /** Forgets `identifier`; resolves to whether it was known. */
  readonly delete: (identifier: Identifier) => Promise<boolean>;
}

/**
 * The attestations of own purpose keys, at most one of each kind an identity (`identity.md` §6). Their secrets are in the vault,
 * under the handle that follows from the attested public key.
 */
export interface PurposeKeyStore {
  /** The encoded attestation; belongs to the caller. */
  readonly get: (identifier: Identifier, kind: PurposeKeyKind) => Promise<Uint8Array | undefined>;
  /** Adds or replaces an attestation, which is read during the call only. */
  readonly put: (identifier: Identifier, kind: PurposeKeyKind, attestation: Uint8Array) => Promise<void>;
  /** Forgets an attestation; resolves to whether there was one. */
  readonly delete: (identifier: Identifier, kind: PurposeKeyKind) => Promise<boolean>;
}

/** Change histories that live as long as the process. */
export class MemoryChangeHistoryStore implements ChangeHistoryStore {
  readonly #histories = new Map<Identifier, Uint8Array>();

  get(identifier: Identifier): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#histories.get(identifier)?.slice());
  }

  replace(identifier: Identifier, expected: Uint8Array | undefined, history: Uint8Array): Promise<boolean> {
    const stored = this.#histories.get(identifier);
    const unchanged = stored === undefined || expected === undefined ? stored === expected : equal(stored, expected);
    if (unchanged) this.#histories.set(identifier, new Uint8Array(history));
    return Promise.resolve(unchanged);
  }

  delete(identifier: Identifier): Promise<boolean> {
    return Promise.resolve(this.#histories.delete(identifier));
  }
}

/** Attestations of purpose keys that live as long as the process. */
export class MemoryPurposeKeyStore implements PurposeKeyStore {
  readonly #attestations = new Map<string, Uint8Array>();

  get(identifier: Identifier, kind: PurposeKeyKind): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#attestations.get(`${identifier} ${kind}`)?.slice());
  }

  put(identifier: Identifier, kind: PurposeKeyKind, attestation: Uint8Array): Promise<void> {
    this.#attestations.set(`${identifier} ${kind}`, new Uint8Array(attestation));
    return Promise.resolve();
  }

  delete(identifier: Identifier, kind: PurposeKeyKind): Promise<boolean> {
    return Promise.resolve(this.#attestations.delete(`${identifier} ${kind}`));
  }
}
