/** The identities of one node: its own, whose keys are in its vault, and those of every peer it has met. */
import { type Clock, nowSeconds } from '../../kernel/index.ts';
import type { SigningAlgorithm } from '../crypto/index.ts';
import { type KeyHandle, type Vault, type VaultKey, keyHandle } from '../vault/index.ts';
import { type ChangeHistory, type HistoryRelation, compareHistories, encodeChangeHistory } from './change-history.ts';
import { IdentityError } from './errors.ts';
import type { Identifier } from './identifier.ts';
import {
  type ChangeTerms,
  IDENTITY_KEY_TTL_SECONDS,
  createHistory,
  extendHistory,
  primaryKeyHandle,
} from './issue-change.ts';
import type { PurposeKeyAttestation, PurposeKeyAttestationData } from './purpose-key-attestation.ts';
import type { ChangeHistoryStore } from './store.ts';
import { Strangers } from './strangers.ts';
import { verifyPurposeKeyAttestation } from './verify-attestation.ts';
import { VerifiedHistories } from './verified-histories.ts';
import { type Identity, type NextTurn, verifyHistory } from './verify-history.ts';

/** Ours: how often a store may change under our hands before we give up; each time another history of the same peer came in. */
const MAX_STORE_ATTEMPTS = 8;

/** What a node's identities are made of. */
export interface IdentitiesOptions {
  readonly vault: Vault;
  readonly histories: ChangeHistoryStore;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Called now and then while a long history is verified; without it nothing else is done meanwhile. */
  readonly nextTurn?: NextTurn | undefined;
}

/** How a key of an identity is made. */
export interface IdentityKeyOptions {
  /** A key that is in the vault already; otherwise one is made. */
  readonly key?: KeyHandle | undefined;
  /** Of a key that is made; Ed25519 unless given. */
  readonly algorithm?: SigningAlgorithm | undefined;
  /** How long the key may attest, seconds; {@link IDENTITY_KEY_TTL_SECONDS} unless given. */
  readonly ttlSeconds?: number | undefined;
}

interface KnownHistory {
  readonly stored: Uint8Array;
  readonly identity: Identity;
}

/** Makes, verifies and remembers identities. */
export class Identities {
  readonly vault: Vault;
  readonly #histories: ChangeHistoryStore;
  readonly #verified: VerifiedHistories;
  readonly #strangers = new Strangers();
  readonly #clock: Pick<Clock, 'nowMs'>;

  constructor(options: IdentitiesOptions) {
    this.vault = options.vault;
    this.#histories = options.histories;
    this.#clock = options.clock;
    this.#verified = new VerifiedHistories(options.nextTurn ?? (() => Promise.resolve()));
  }

  /** Present time in Unix seconds, the unit of all signed timestamps. */
  nowSeconds(): number {
    return nowSeconds(this.#clock);
  }

  /**
   * Makes a new identity and remembers it.
   * @throws {RangeError} when `ttlSeconds` is not a positive whole number
   * @throws {VaultError} when the vault does not make or use the key
   */
  create(options: IdentityKeyOptions = {}): Promise<Identity> {
    return this.#withKey(options, async (key) => {
      const terms = { ...this.#validity(options, 0n), revokeAllPurposeKeys: false };
      const identity = verifyHistory(await createHistory(this.vault, key, terms));
      await this.remember(identity);
      return identity;
    });
  }

  /**
   * Gives an own identity a new key; its Identifier stays. Every earlier attestation and every credential it issued ends with
   * this at all who learn of it (`identity.md` §5.3). The old key is deleted once the new history is stored.
   * @throws {RangeError} when `ttlSeconds` is not a positive whole number
   * @throws {IdentityError} IDENTITY_UNKNOWN, IDENTITY_TOO_LONG after some 260 rotations
   * @throws {VaultError} VAULT_UNKNOWN_KEY when the identity is not an own one
   */
  async rotate(identifier: Identifier, options: IdentityKeyOptions = {}): Promise<Identity> {
    const known = await this.get(identifier);
    const previous = await this.vault.describeKey(primaryKeyHandle(known));
    const rotated = await this.#withKey(options, async (key) => {
      // A clock that went back must not make validity go back: rule 6 would refuse the history everywhere.
      const validity = this.#validity(options, known.latest.attestationsValidFrom);
      const history = await extendHistory(this.vault, known, key, { ...validity, revokeAllPurposeKeys: true });
      const identity = verifyHistory(history, identifier);
      await this.remember(identity);
      return identity;
    });
    if (primaryKeyHandle(rotated) !== previous.handle) await this.vault.deleteKey(previous.handle);
    return rotated;
  }

  /**
   * Makes a history our own whose current key is already in the vault under `key`, as after importing an exported secret.
   * @throws {IdentityError} IDENTITY_WRONG_SECRET_KEY when that key is not the identity's current one, and as {@link receive}
   * @throws {VaultError} VAULT_UNKNOWN_KEY
   */
  async adopt(history: ChangeHistory, key: KeyHandle): Promise<Identity> {
    const identity = await this.examine(history);
    const described = await this.vault.describeKey(key);
    const { algorithm, bytes } = identity.latest.primaryPublicKey;
    if (described.algorithm !== algorithm || keyHandle(described.publicKey) !== keyHandle(bytes)) {
      throw new IdentityError('IDENTITY_WRONG_SECRET_KEY', `the key is not the current one of ${identity.identifier}`);
    }
    await this.remember(identity);
    return identity;
  }

  /**
   * Verifies a received history and remembers it (`identity.md` §8.1, §8.2).
   * @throws {IdentityError} as {@link examine} and {@link remember}
   */
  async receive(history: ChangeHistory, expected?: Identifier): Promise<Identity> {
    const identity = await this.examine(history, expected);
    await this.remember(identity);
    return identity;
  }

  /**
   * Verifies a received history, also against the known one, and remembers nothing.
   * @throws {IdentityError} IDENTITY_INCONSISTENT when it contradicts the known history or is older
   * @throws {IdentityError} what {@link verifyHistory} raises
   */
  async examine(history: ChangeHistory, expected?: Identifier): Promise<Identity> {
    const identity = await this.#verified.verify(history, expected);
    await this.compare(identity);
    return identity;
  }

  /**
   * Compares a history that was verified before with the known one, and remembers nothing.
   * @throws {IdentityError} IDENTITY_INCONSISTENT when it contradicts the known history or is older
   */
  async compare(identity: Identity): Promise<void> {
    const known = await this.find(identity.identifier);
    if (known !== undefined) relationTo(known, identity);
  }

  /**
   * Remembers the verified history of a peer for whom nobody vouches, as {@link remember} does unless there are very many of them:
   * then it is known for a while only.
   * @throws {IdentityError} as {@link remember}
   */
  async meet(identity: Identity): Promise<void> {
    const { identifier } = identity;
    const known = await this.#load(identifier);
    const met = this.#strangers.find(identifier);
    if (met !== undefined) relationTo(met, identity);
    if (known !== undefined && relationTo(known.identity, identity) === 'equal') return undefined;
    if (known !== undefined || this.#strangers.admit(this.#clock.nowMs())) return this.remember(identity);
    this.#strangers.keep(identity, encodeChangeHistory(identity.history).length);
  }

  /**
   * Remembers a verified history unless the same is known already (`identity.md` §8.2).
   * @throws {IdentityError} IDENTITY_INCONSISTENT, IDENTITY_TOO_LONG, IDENTITY_STORE_CONTENTION
   */
  async remember(identity: Identity): Promise<void> {
    let encoded: Uint8Array | undefined;
    for (let attempt = 0; attempt < MAX_STORE_ATTEMPTS; attempt++) {
      const known = await this.#load(identity.identifier);
      if (known !== undefined && relationTo(known.identity, identity) === 'equal') return;
      encoded ??= encodeChangeHistory(identity.history);
      if (await this.#histories.replace(identity.identifier, known?.stored, encoded)) {
        this.#strangers.forget(identity.identifier);
        return;
      }
    }
    throw new IdentityError('IDENTITY_STORE_CONTENTION', `the history of ${identity.identifier} keeps changing`);
  }

  /** The known identity, verified; undefined when it is not known. Bound to its instance, so it can be passed on. */
  readonly find = async (identifier: Identifier): Promise<Identity | undefined> =>
    (await this.#load(identifier))?.identity ?? this.#strangers.find(identifier);

  /** The known identity, verified. @throws {IdentityError} IDENTITY_UNKNOWN */
  async get(identifier: Identifier): Promise<Identity> {
    const identity = await this.find(identifier);
    if (identity === undefined) throw new IdentityError('IDENTITY_UNKNOWN', `no history of ${identifier} is known`);
    return identity;
  }

  /**
   * Verifies an attestation against what is known of its subject at this time (`identity.md` §8.3).
   * @throws {IdentityError} as {@link verifyPurposeKeyAttestation}
   */
  verifyAttestation(
    attestation: PurposeKeyAttestation,
    expectedSubject?: Identifier,
  ): Promise<PurposeKeyAttestationData> {
    return verifyPurposeKeyAttestation(attestation, {
      expectedSubject,
      identityOf: this.find,
      nowSeconds: this.nowSeconds(),
    });
  }

  /** Forgets an identity and deletes its current key from the vault, if it is there; resolves to whether it was known. */
  async delete(identifier: Identifier): Promise<boolean> {
    const identity = await this.find(identifier);
    if (identity === undefined) return false;
    await this.vault.deleteKey(primaryKeyHandle(identity));
    const wasMet = this.#strangers.forget(identifier);
    return (await this.#histories.delete(identifier)) || wasMet;
  }

  #validity(
    { ttlSeconds = IDENTITY_KEY_TTL_SECONDS }: IdentityKeyOptions,
    notBefore: bigint,
  ): Pick<ChangeTerms, 'attestationsValidFrom' | 'attestationsValidUntil'> {
    if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds <= 0) throw new RangeError(`ttlSeconds is ${ttlSeconds}`);
    const now = BigInt(this.nowSeconds());
    const attestationsValidFrom = now > notBefore ? now : notBefore;
    return { attestationsValidFrom, attestationsValidUntil: attestationsValidFrom + BigInt(ttlSeconds) };
  }

  async #load(identifier: Identifier): Promise<KnownHistory | undefined> {
    const stored = await this.#histories.get(identifier);
    if (stored === undefined) return undefined;
    return { stored, identity: await this.#verified.verifyEncoded(stored, identifier) };
  }

  /**
   * Runs `use` with the chosen key. A key made for it is deleted when `use` is refused, but not when a store fails: it may have
   * stored the history all the same, and an identity without its key is lost.
   */
  async #withKey(options: IdentityKeyOptions, use: (key: VaultKey) => Promise<Identity>): Promise<Identity> {
    if (options.key !== undefined) return use(await this.vault.describeKey(options.key));
    const key = await this.vault.generateKey(options.algorithm ?? 'ed25519', 'kept');
    try {
      return await use(key);
    } catch (error) {
      if (error instanceof IdentityError || error instanceof RangeError) await this.vault.deleteKey(key.handle);
      throw error;
    }
  }
}

/** @throws {IdentityError} IDENTITY_INCONSISTENT unless `received` continues or equals `known`. */
function relationTo(known: Identity, received: Identity): Extract<HistoryRelation, 'equal' | 'newer'> {
  // The same bytes are verified once, so this is what nearly every handshake finds.
  if (known === received) return 'equal';
  const relation = compareHistories(known.history, received.history);
  if (relation === 'equal' || relation === 'newer') return relation;
  throw new IdentityError(
    'IDENTITY_INCONSISTENT',
    relation === 'older'
      ? `the history of ${known.identifier} is older than the known one`
      : `the history of ${known.identifier} contradicts the known one`,
  );
}
