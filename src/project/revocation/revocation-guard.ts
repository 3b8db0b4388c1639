import { type Clock, nowSeconds } from '../../kernel/index.ts';
import type { AttributeStore, RevocationCheck } from '../../trust/credential/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import type { SecureChannel } from '../../network/channel/index.ts';
import { MAX_REVOCATIONS, MAX_TOLD, type Revocation, type RevocationStore } from '../authority/index.ts';

/** What a guard works on. */
export interface RevocationGuardOptions {
  readonly store: RevocationStore;
  /** Where channels put what credentials of their peers say. */
  readonly attributes: AttributeStore;
  readonly clock: Clock;
  /** Told of each revocation, with how many channels it ended. Must not throw. */
  readonly onRevoked: (revocation: Revocation, channelsCut: number) => void;
}

/** Holds the channels of a node and the revocations that end them. Give its two functions to the node's channels. */
export class RevocationGuard {
  readonly #options: RevocationGuardOptions;
  readonly #known = new Map<string, Revocation>();
  /** Those of them of which not all has been done yet, because a store failed. */
  readonly #unfinished = new Set<string>();
  readonly #channels = new Map<Identifier, Set<SecureChannel>>();

  constructor(options: RevocationGuardOptions) {
    this.#options = options;
  }

  /**
   * Reads what is known of the revocations of `issuer`, and forgets what they take back. Before any channel is opened: peers present
   * their credentials again.
   */
  async load(issuer: Identifier): Promise<void> {
    const { store, attributes, clock } = this.#options;
    await store.deleteEnded(nowSeconds(clock));
    for (let after = 0; ; ) {
      const page = await store.list(issuer, after, MAX_TOLD);
      for (const revocation of page) {
        this.#known.set(keyOf(revocation), revocation);
        await attributes.delete(revocation.subject, issuer);
        after = revocation.sequence;
      }
      if (page.length < MAX_TOLD) return;
    }
  }

  readonly isRevoked: RevocationCheck = (credential) => {
    const revocation = this.#known.get(keyOf(credential));
    return revocation !== undefined && credential.createdAt <= BigInt(revocation.revokedAtSeconds);
  };

  readonly onOpen = (channel: SecureChannel): void => {
    const { peer } = channel;
    const channels = this.#channels.get(peer) ?? new Set();
    channels.add(channel);
    this.#channels.set(peer, channels);
    void channel.closed.then(() => {
      channels.delete(channel);
      if (channels.size === 0 && this.#channels.get(peer) === channels) this.#channels.delete(peer);
    });
  };

  /**
   * Keeps a revocation and applies it: from now on what was issued before does not count, what it said is forgotten, and every channel
   * with its subject ends. One that is known already changes nothing, unless a store failed when it came: then it is done to its end.
   * @throws {RangeError} when there are too many, which no honest issuer makes; what a store throws, and then it is to be called again
   */
  async revoke(revocation: Revocation): Promise<void> {
    const { store, attributes, clock, onRevoked } = this.#options;
    const { issuer, subject, revokedAtSeconds } = revocation;
    const key = keyOf(revocation);
    const isKnown = (this.#known.get(key)?.revokedAtSeconds ?? -1) >= revokedAtSeconds;
    if (isKnown && !this.#unfinished.has(key)) return;
    if (this.#known.size >= MAX_REVOCATIONS) this.#forgetEnded(nowSeconds(clock));
    if (this.#known.size >= MAX_REVOCATIONS) throw new RangeError(`more than ${MAX_REVOCATIONS} revocations`);
    // In this order: what is presented from now on is refused, then what was stored before goes, then the channels that had it.
    if (!isKnown) this.#known.set(key, revocation);
    this.#unfinished.add(key);
    let channels: readonly SecureChannel[] = [];
    try {
      await attributes.delete(subject, issuer);
    } finally {
      // Also when the store fails: until the next attempt what it still says must be of use to nobody who is there.
      channels = [...(this.#channels.get(subject) ?? [])];
      for (const channel of channels) channel.close();
    }
    // Others of this home keep them too; the one that is stored may be their work, or newer.
    const stored = await store.get(issuer, subject);
    if ((stored?.revokedAtSeconds ?? -1) < revokedAtSeconds) await store.put(revocation);
    this.#unfinished.delete(key);
    onRevoked(revocation, channels.length);
  }

  #forgetEnded(now: number): void {
    for (const [key, { endsAtSeconds }] of this.#known) if (endsAtSeconds <= now) this.#known.delete(key);
  }
}

function keyOf({ issuer, subject }: { readonly issuer: Identifier; readonly subject: Identifier }): string {
  return `${issuer} ${subject}`;
}
