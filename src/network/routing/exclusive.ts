import type { LocalMessage } from './local-message.ts';

/**
 * Memory of large payloads that is given back at once.
 *
 * The collector sees that a buffer is unused only after many more have been made: each of them is then fresh memory that the
 * processor has to fetch, and collecting costs as much again as encrypting. So whoever makes a payload and keeps no part of it
 * marks it, and whoever uses it up, with nothing left to refer to it, releases it. A mark is bound to one object, so it does
 * not pass to a copy, to a message that was made from another, or to a worker that takes a payload in one piece.
 */
const exclusive = new WeakSet<object>();

/** Marks a message, or the parts of a payload, whose memory nothing else refers to. */
export function markExclusive<T extends object>(holder: T): T {
  exclusive.add(holder);
  return holder;
}

/** Whether `holder` was marked. */
export function isExclusive(holder: object): boolean {
  return exclusive.has(holder);
}

/**
 * Gives back the memory of a message's payload, for a worker that has used it up and kept no view of it; nothing happens unless the message
 * is marked.
 */
export function releasePayload(message: LocalMessage): void {
  const { buffer } = message.payload;
  if (isExclusive(message) && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** Gives back the memory of `bytes`, which becomes empty; nothing happens when `bytes` is a view of a part of it only. */
export function releaseMemory(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength) buffer.transfer(0);
}
