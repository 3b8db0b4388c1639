/**
 * Keeps an own credential fresh (`project.md` §7.2).
 *
 * 1. The first who needs it loads it from the store, or waits for the authority to issue one.
 * 2. It is presented until 60 s before it expires; from 120 s before, a new one is asked for in the background.
 * 3. A new one is stored, then every channel is told.
 * 4. After a failure the next attempt waits 10 s, then twice as long each time, up to a minute.
 */
import { type Cancel, type Clock, type CodedError, nowSeconds } from '../../kernel/index.ts';
import {
  type CredentialAndPurposeKey,
  decodeCredentialAndPurposeKey,
  encodeCredentialAndPurposeKey,
  CredentialError,
} from '../../trust/credential/index.ts';
import type { Identities } from '../../trust/identity/index.ts';
import type { CredentialSource } from '../../network/channel/index.ts';
import type { CredentialKey, CredentialStore } from './credential-store.ts';
import { EnrollmentError } from './errors.ts';
import { expiryOf, type MemberCredential, verifyOwnCredential } from './member-credential.ts';

/** Specification, seconds: a credential counts as expired so long before it does, because clocks differ … */
const CLOCK_SKEW_SECONDS = 60;
/** … and is renewed so long before that. */
const REFRESH_SECONDS = 60;
/** Specification: the least time between attempts, milliseconds. */
const RETRY_MS = 10_000;
/** Ours. */
const MAX_RETRY_MS = 60_000;
/** Ours: the wall clock may jump and a timer cannot wait for a month, so the time is looked at again so often. */
const MAX_WAIT_MS = 3_600_000;

/** What happens to a credential, for the local log. */
export type CredentialEvent =
  | { readonly kind: 'obtained'; readonly expiresAtSeconds: number }
  | { readonly kind: 'failed'; readonly error: unknown; readonly retryInMs: number }
  /** What the store had cannot be used. */
  | { readonly kind: 'stored-unusable'; readonly error: CodedError };

/** A credential to keep. */
export interface CredentialRetrieverOptions {
  readonly key: CredentialKey;
  readonly identities: Identities;
  readonly store: CredentialStore;
  readonly clock: Clock;
  /** Asks the issuer for a new credential; undefined when there is no way to it, and the stored one is used while it lasts. */
  readonly request?: ((signal: AbortSignal) => Promise<CredentialAndPurposeKey>) | undefined;
  /** Told of all that happens. Must not throw. */
  readonly onEvent?: ((event: CredentialEvent) => void) | undefined;
}

/** An own credential that renews itself; give it to channels as what they present. */
export class CredentialRetriever implements CredentialSource {
  readonly #options: CredentialRetrieverOptions;
  readonly #listeners = new Set<(credential: CredentialAndPurposeKey) => void>();
  readonly #abort = new AbortController();
  #held: MemberCredential | undefined;
  #loaded: Promise<void> | undefined;
  /** Unix seconds: what was issued then or before was taken back. */
  #discardedUntil = -1;
  #obtaining: Promise<MemberCredential> | undefined;
  #failures = 0;
  /** Of the last failure; until its time is up nobody asks again. */
  #failure: { readonly error: unknown; readonly untilMs: number } | undefined;
  #cancel: Cancel | undefined;

  constructor(options: CredentialRetrieverOptions) {
    this.#options = options;
  }

  /**
   * The credential to present now.
   * @throws {EnrollmentError} ENROLLMENT_NO_CREDENTIAL when none can be had, ENROLLMENT_CLOSED
   */
  current = async (): Promise<CredentialAndPurposeKey> => {
    const { encoded } = await this.credential();
    return encoded;
  };

  /** As {@link current}, with what the credential states. */
  credential = async (): Promise<MemberCredential> => {
    this.#checkOpen();
    await this.#load();
    if (this.#held !== undefined && this.#isUsable(this.#held)) return this.#held;
    if (this.#failure !== undefined && this.#failure.untilMs > this.#options.clock.monotonicMs()) {
      throw noCredential(this.#failure.error);
    }
    try {
      return await this.#obtain();
    } catch (cause) {
      this.#checkOpen();
      throw noCredential(cause);
    }
  };

  onChange = (listener: (credential: CredentialAndPurposeKey) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /**
   * Gives up a credential that was issued at `atSeconds` or before, because it was taken back; whoever needs one next has a new one
   * asked for. A newer one stays.
   */
  discardUntil = async (atSeconds: number): Promise<void> => {
    // First: one that is on its way now must not be taken for a new one when it comes.
    this.#discardedUntil = Math.max(this.#discardedUntil, atSeconds);
    await this.#load();
    const stored = await this.#fromStore();
    if (stored !== undefined && this.#isDiscarded(stored)) await this.#options.store.delete(this.#options.key);
    if (this.#held === undefined || !this.#isDiscarded(this.#held)) return;
    this.#held = undefined;
    this.#failure = undefined;
    this.#cancel?.();
  };

  /** Ends it; a request under way is given up. */
  close(): void {
    this.#abort.abort(closed());
    this.#cancel?.();
    this.#listeners.clear();
  }

  /** Reads the store once; again when that failed, which may pass. */
  #load(): Promise<void> {
    this.#loaded ??= this.#read().catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  async #read(): Promise<void> {
    this.#held = await this.#fromStore();
    if (this.#held !== undefined) this.#planRefresh(this.#held);
  }

  async #fromStore(): Promise<MemberCredential | undefined> {
    const { key, store, identities, onEvent } = this.#options;
    const stored = await store.get(key);
    if (stored === undefined) return undefined;
    try {
      return await verifyOwnCredential(decodeCredentialAndPurposeKey(stored.credential), { identities, ...key });
    } catch (error) {
      if (!(error instanceof EnrollmentError) && !(error instanceof CredentialError)) throw error;
      onEvent?.({ kind: 'stored-unusable', error });
      return undefined;
    }
  }

  /** One attempt at a time; whoever asks meanwhile shares it. */
  #obtain(): Promise<MemberCredential> {
    this.#obtaining ??= this.#attempt().finally(() => {
      this.#obtaining = undefined;
    });
    return this.#obtaining;
  }

  async #attempt(): Promise<MemberCredential> {
    try {
      const obtained = (await this.#renewedElsewhere()) ?? (await this.#request());
      this.#checkOpen();
      this.#failure = undefined;
      this.#failures = 0;
      this.#held = obtained;
      this.#options.onEvent?.({ kind: 'obtained', expiresAtSeconds: expiryOf(obtained) });
      // A credential that is due at once, being short-lived, is not asked for without end.
      this.#planRefresh(obtained, RETRY_MS);
      for (const listener of this.#listeners) listener(obtained.encoded);
      return obtained;
    } catch (error) {
      this.#checkOpen();
      const retryInMs = Math.min(RETRY_MS * 2 ** this.#failures, MAX_RETRY_MS);
      this.#failures++;
      this.#failure = { error, untilMs: this.#options.clock.monotonicMs() + retryInMs };
      this.#options.onEvent?.({ kind: 'failed', error, retryInMs });
      // Nobody waits in vain: while a credential is held it is renewed in the background, otherwise the next who needs it asks.
      if (this.#held !== undefined && this.#options.request !== undefined) this.#plan(retryInMs);
      throw error;
    }
  }

  /** Another process that shares the store may have been first. */
  async #renewedElsewhere(): Promise<MemberCredential | undefined> {
    const stored = await this.#fromStore();
    if (stored === undefined || this.#isDiscarded(stored)) return undefined;
    return this.#refreshInSeconds(stored) > 0 ? stored : undefined;
  }

  async #request(): Promise<MemberCredential> {
    const { key, store, identities, request } = this.#options;
    if (request === undefined) {
      throw new EnrollmentError('ENROLLMENT_NO_CREDENTIAL', 'the stored credential is missing or no longer valid');
    }
    const encoded = await request(this.#abort.signal);
    const obtained = await verifyOwnCredential(encoded, { identities, ...key });
    if (this.#isDiscarded(obtained)) {
      throw new EnrollmentError('ENROLLMENT_NO_CREDENTIAL', 'the credential was taken back while it was on its way');
    }
    await store.put({
      ...key,
      credential: encodeCredentialAndPurposeKey(encoded),
      expiresAtSeconds: expiryOf(obtained),
    });
    return obtained;
  }

  #planRefresh(held: MemberCredential, leastMs = 0): void {
    if (this.#options.request !== undefined) this.#plan(Math.max(this.#refreshInSeconds(held) * 1000, leastMs));
  }

  #plan(waitMs: number): void {
    this.#cancel?.();
    if (this.#abort.signal.aborted) return;
    this.#cancel = this.#options.clock.schedule(Math.min(waitMs, MAX_WAIT_MS), () => {
      const held = this.#held;
      if (held !== undefined && this.#refreshInSeconds(held) > 0) this.#planRefresh(held);
      // A failure has been reported, and planned the next attempt.
      else this.#obtain().catch(() => undefined);
    });
  }

  #isDiscarded({ content }: MemberCredential): boolean {
    return content.createdAt <= BigInt(this.#discardedUntil);
  }

  #isUsable(held: MemberCredential): boolean {
    const skew = this.#options.request === undefined ? 0 : CLOCK_SKEW_SECONDS;
    return expiryOf(held) > nowSeconds(this.#options.clock) + skew;
  }

  #refreshInSeconds(held: MemberCredential): number {
    return expiryOf(held) - CLOCK_SKEW_SECONDS - REFRESH_SECONDS - nowSeconds(this.#options.clock);
  }

  #checkOpen(): void {
    if (this.#abort.signal.aborted) throw closed();
  }
}

function noCredential(cause: unknown): EnrollmentError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new EnrollmentError('ENROLLMENT_NO_CREDENTIAL', `no credential can be had: ${why}`, { cause });
}

function closed(): EnrollmentError {
  return new EnrollmentError('ENROLLMENT_CLOSED', 'the credential is not kept any more');
}
