/** Purpose keys of own identities: made when first needed, verified at every use, replaced when a verifier would refuse them. */
import { equal, hasCode } from '../../kernel/index.ts';
import { type KeyHandle, keyHandle } from '../vault/index.ts';
import { IdentityError, decoding } from './errors.ts';
import type { Identities } from './identities.ts';
import type { Identifier } from './identifier.ts';
import { attestPurposeKey } from './issue-attestation.ts';
import { primaryKeyHandle, signingPublicKeyOf } from './issue-change.ts';
import {
  type PurposeKeyAttestation,
  type PurposeKeyAttestationData,
  type PurposeKeyKind,
  type PurposePublicKey,
  decodePurposeKeyAttestation,
  decodePurposeKeyAttestationData,
  encodePurposeKeyAttestation,
} from './purpose-key-attestation.ts';
import type { PurposeKeyStore } from './store.ts';
import { requireCurrentAttestation, verifyPurposeKeyAttestation } from './verify-attestation.ts';
import type { Identity } from './verify-history.ts';
import { decodeVersionedData } from './versioned-data.ts';

/**
 * Ours: a key that ends sooner than this, in seconds, is replaced early if the identity allows its successor to live longer;
 * otherwise a credential signed with it could end with it after moments.
 */
const RENEWAL_MARGIN_SECONDS = 2_592_000;

/** A purpose key of an own identity, ready for use. */
export interface OwnPurposeKey {
  /** Where its secret is in the vault. */
  readonly handle: KeyHandle;
  readonly attestation: PurposeKeyAttestation;
  /** What the attestation states. */
  readonly content: PurposeKeyAttestationData;
  /** Whose it is: the history that the attestation is valid against, to be shown with it. */
  readonly identity: Identity;
}

/** Tells the local log that a stored key could not be used any more and why; a new one took its place. */
export interface PurposeKeyReplaced {
  readonly identifier: Identifier;
  readonly kind: PurposeKeyKind;
  readonly cause: unknown;
}

/** What purpose keys are made of. */
export interface PurposeKeysOptions {
  readonly identities: Identities;
  readonly store: PurposeKeyStore;
  readonly onReplaced?: ((event: PurposeKeyReplaced) => void) | undefined;
}

/** Hands out the purpose keys of own identities (`identity.md` §6). */
export class PurposeKeys {
  readonly #identities: Identities;
  readonly #store: PurposeKeyStore;
  readonly #onReplaced: (event: PurposeKeyReplaced) => void;
  /** Two callers at once get one key, not two of which one is overwritten. */
  readonly #pending = new Map<string, Promise<OwnPurposeKey>>();
  /** The key that was verified last, with the bytes it was read from: only the time and the vault can change the outcome for them. */
  readonly #verified = new Map<string, { readonly stored: Uint8Array; readonly own: OwnPurposeKey }>();

  constructor(options: PurposeKeysOptions) {
    this.#identities = options.identities;
    this.#store = options.store;
    this.#onReplaced = options.onReplaced ?? (() => undefined);
  }

  /**
   * The current purpose key of an own identity: the stored one if it passes the rules every verifier applies, else a new one.
   * @throws {IdentityError} IDENTITY_UNKNOWN; IDENTITY_EXPIRED when the identity's key may no longer attest
   * @throws {VaultError} VAULT_UNKNOWN_KEY when the identity is not an own one
   */
  current(identifier: Identifier, kind: PurposeKeyKind): Promise<OwnPurposeKey> {
    const name = nameOf(identifier, kind);
    const pending = this.#pending.get(name);
    if (pending !== undefined) return pending;
    const started = this.#current(identifier, kind, name);
    this.#pending.set(name, started);
    return started;
  }

  /** Deletes the purpose keys of an identity, secrets and attestations. */
  async delete(identifier: Identifier): Promise<void> {
    for (const kind of ['secure-channel', 'credential-signing'] as const) {
      this.#verified.delete(nameOf(identifier, kind));
      const stored = await this.#store.get(identifier, kind);
      await this.#store.delete(identifier, kind);
      if (stored !== undefined) await this.#deleteSecret(stored, kind);
    }
  }

  async #current(identifier: Identifier, kind: PurposeKeyKind, name: string): Promise<OwnPurposeKey> {
    try {
      return await this.#find(identifier, kind, name);
    } finally {
      this.#pending.delete(name);
    }
  }

  async #find(identifier: Identifier, kind: PurposeKeyKind, name: string): Promise<OwnPurposeKey> {
    const identity = await this.#identities.get(identifier);
    const stored = await this.#store.get(identifier, kind);
    if (stored === undefined) return this.#make(identity, kind);
    try {
      return await this.#verify(stored, identity, kind, name);
    } catch (cause) {
      if (!(cause instanceof IdentityError) && !hasCode(cause, 'VAULT_UNKNOWN_KEY')) throw cause;
      const key = await this.#make(identity, kind);
      await this.#deleteSecret(stored, kind);
      this.#onReplaced({ identifier, kind, cause });
      return key;
    }
  }

  async #verify(stored: Uint8Array, identity: Identity, kind: PurposeKeyKind, name: string): Promise<OwnPurposeKey> {
    const nowSeconds = this.#identities.nowSeconds();
    const last = this.#verified.get(name);
    const known = last?.own.identity === identity && equal(last.stored, stored) ? last.own : undefined;
    const own = known ?? (await this.#verifyUnknown(stored, identity, kind, nowSeconds));
    if (known !== undefined) requireCurrentAttestation(known.content, nowSeconds);
    const { expiresAt } = own.content;
    if (expiresAt < nowSeconds + RENEWAL_MARGIN_SECONDS && expiresAt < identity.latest.attestationsValidUntil) {
      throw new IdentityError('IDENTITY_EXPIRED', 'the stored key is about to expire');
    }
    await this.#identities.vault.describeKey(own.handle);
    if (known === undefined) this.#verified.set(name, { stored, own });
    return own;
  }

  async #verifyUnknown(
    stored: Uint8Array,
    identity: Identity,
    kind: PurposeKeyKind,
    nowSeconds: number,
  ): Promise<OwnPurposeKey> {
    const attestation = decodePurposeKeyAttestation(stored);
    const content = await verifyPurposeKeyAttestation(attestation, {
      expectedSubject: identity.identifier,
      identityOf: async () => identity,
      nowSeconds,
    });
    if (content.publicKey.kind !== kind) {
      throw new IdentityError('IDENTITY_ATTESTATION_FAILED', `the stored key is for ${content.publicKey.kind}`);
    }
    return { handle: handleOf(content.publicKey), attestation, content, identity };
  }

  async #make(identity: Identity, kind: PurposeKeyKind): Promise<OwnPurposeKey> {
    const { vault } = this.#identities;
    await vault.describeKey(primaryKeyHandle(identity));
    const key = await vault.generateKey(kind === 'secure-channel' ? 'x25519' : 'ed25519', 'kept');
    try {
      const publicKey: PurposePublicKey =
        kind === 'secure-channel'
          ? { kind, key: new Uint8Array(key.publicKey) }
          : { kind, key: signingPublicKeyOf(key) };
      const attestation = await attestPurposeKey(vault, identity, publicKey, this.#identities.nowSeconds());
      const content = await this.#identities.verifyAttestation(attestation, identity.identifier);
      await this.#store.put(identity.identifier, kind, encodePurposeKeyAttestation(attestation));
      return { handle: key.handle, attestation, content, identity };
    } catch (error) {
      await vault.deleteKey(key.handle);
      throw error;
    }
  }

  /** Deletes the secret that a stored attestation names; one that does not decode, or is of the other kind, names none. */
  async #deleteSecret(stored: Uint8Array, kind: PurposeKeyKind): Promise<void> {
    let content: PurposeKeyAttestationData;
    try {
      const { data } = decodePurposeKeyAttestation(stored);
      content = decoding('stored attestation', () => decodePurposeKeyAttestationData(decodeVersionedData(data).data));
    } catch (error) {
      if (hasCode(error, 'IDENTITY_DECODE_FAILED')) return;
      throw error;
    }
    if (content.publicKey.kind === kind) await this.#identities.vault.deleteKey(handleOf(content.publicKey));
  }
}

function nameOf(identifier: Identifier, kind: PurposeKeyKind): string {
  return `${identifier} ${kind}`;
}

function handleOf(publicKey: PurposePublicKey): KeyHandle {
  return keyHandle(publicKey.kind === 'secure-channel' ? publicKey.key : publicKey.key.bytes);
}
