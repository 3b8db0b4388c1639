import { type LocalMessage, payloadLength } from './local-message.ts';
import type { Route } from './wire/index.ts';
import type { Mailbox } from './worker.ts';

/** Ours: so much is still answered by a way that is full: the questions of a peer that is slow, not those of one that reads nothing. */
const MAX_OVERDUE_ANSWERS = 32;
const MAX_OVERDUE_BYTES = 64 * 1024;

interface Overdue {
  answers: number;
  bytes: number;
}

/**
 * The answers of a worker that serves many peers (`routing.md` §8).
 *
 * A worker that handed back the pressure of one way would keep everybody waiting for a peer that asks and does not read.
 * So nothing waits here: a way that is full takes a few answers more, and what is asked by it beyond those goes without.
 */
export class Answers {
  /** By the first hop of each way that is full. */
  readonly #overdue = new Map<string, Overdue>();

  /** Whether an answer along `route` would be dropped now; then it need not be made. */
  wouldDrop(route: Route): boolean {
    return (this.#overdue.get(keyOf(route))?.answers ?? 0) >= MAX_OVERDUE_ANSWERS;
  }

  /** Sends `answer` from `mailbox`, or drops it. Never waits. */
  send(mailbox: Mailbox, answer: LocalMessage): void {
    const key = keyOf(answer.onward);
    const overdue = this.#overdue.get(key);
    if (overdue !== undefined) {
      const bytes = payloadLength(answer);
      if (overdue.answers >= MAX_OVERDUE_ANSWERS || overdue.bytes + bytes > MAX_OVERDUE_BYTES) return;
      overdue.answers++;
      overdue.bytes += bytes;
    }
    const sent = mailbox.send(answer);
    if (overdue !== undefined || !(sent instanceof Promise)) return;
    this.#overdue.set(key, { answers: 0, bytes: 0 });
    void sent.then(() => this.#overdue.delete(key));
  }
}

function keyOf(route: Route): string {
  return route[0]?.key ?? '';
}
