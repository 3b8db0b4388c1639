/**
 * Hears from the authority of a project what it takes back (`project.md` §8.3).
 *
 * 1. A session with the authority; one of a stock authority is closed again: it tells nothing.
 * 2. All there is, from the first number on, then what comes: the authority holds each request until there is news.
 * 3. When the session breaks, a new one, after a wait that doubles each time and is shorter by chance, so that not all come at once.
 */
import { type Clock, delay, type RandomSource } from '../../kernel/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import type { Revocation } from '../authority/index.ts';
import { type AuthoritySession, EnrollmentError } from '../enrollment/index.ts';

/** Ours: the wait after the first failure and the longest one, milliseconds. */
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;
/** Ours: how often a stock authority is looked at again, milliseconds; it may have been replaced. */
const STOCK_RETRY_MS = 3_600_000;
/** Ours: the least time between two requests without news, milliseconds, should an authority not hold them. */
const LEAST_HOLD_MS = 1000;

/** What happens to a watch, for the local log. */
export type RevocationEvent =
  | { readonly kind: 'watching' }
  | { readonly kind: 'not-told' }
  /** `failures`: how many in a row, this one included. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly retryInMs: number; readonly failures: number };

/** What to watch. */
export interface RevocationWatchOptions {
  /** The authority. */
  readonly issuer: Identifier;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly open: (signal: AbortSignal) => Promise<AuthoritySession>;
  /** Applies one; what it throws breaks the session off. */
  readonly onRevoked: (revocation: Revocation) => Promise<void>;
  /** Told of all that happens. Must not throw. */
  readonly onEvent: (event: RevocationEvent) => void;
}

/** A watch that goes on until it is closed. */
export class RevocationWatch {
  readonly #options: RevocationWatchOptions;
  readonly #abort = new AbortController();
  /** Settles when it has ended. */
  readonly ended: Promise<void>;

  constructor(options: RevocationWatchOptions) {
    this.#options = options;
    this.ended = this.#run();
  }

  close(): void {
    this.#abort.abort(new Error('the watch was closed'));
  }

  async #run(): Promise<void> {
    const { clock, random, onEvent } = this.#options;
    const { signal } = this.#abort;
    let failures = 0;
    while (!signal.aborted) {
      let waitMs: number;
      try {
        await this.#session(() => (failures = 0));
        onEvent({ kind: 'not-told' });
        waitMs = STOCK_RETRY_MS;
      } catch (error) {
        if (signal.aborted) return;
        const longest = Math.min(FIRST_RETRY_MS * 2 ** failures++, LONGEST_RETRY_MS);
        waitMs = Math.round(longest * (0.5 + (random(1)[0] ?? 0) / 512));
        onEvent({ kind: 'failed', error, retryInMs: waitMs, failures });
      }
      await pause(clock, waitMs, signal);
    }
  }

  /** Returns when the authority tells nothing; otherwise goes on until the session breaks. */
  async #session(onAnswer: () => void): Promise<void> {
    const { clock, issuer, open, onRevoked, onEvent } = this.#options;
    const { signal } = this.#abort;
    const session = await open(signal);
    try {
      if (!session.tellsRevocations) return;
      onEvent({ kind: 'watching' });
      for (let after = 0; ; ) {
        const askedMs = clock.monotonicMs();
        const told = await session.revocationsAfter(after);
        // One that tells the same again would be asked again at once, without end.
        if (told.some(({ sequence }) => sequence <= after)) throw toldAgain(after);
        onAnswer();
        for (const { sequence, ...revocation } of told) {
          await onRevoked({ issuer, ...revocation });
          after = Math.max(after, sequence);
        }
        const heldMs = clock.monotonicMs() - askedMs;
        if (told.length === 0 && heldMs < LEAST_HOLD_MS) await pause(clock, LEAST_HOLD_MS - heldMs, signal);
        signal.throwIfAborted();
      }
    } finally {
      await session.close();
    }
  }
}

function toldAgain(after: number): EnrollmentError {
  return new EnrollmentError('ENROLLMENT_INVALID_ANSWER', `the authority told again what came until number ${after}`);
}

/** Waits, or ends early when the watch is closed. */
async function pause(clock: Clock, waitMs: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(clock, waitMs, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
