/** The one pending value of a call between a host function and `get_ffi_result` (`runnable-abi.md` §6.3). */
import { utf8 } from '../../kernel/index.ts';
import type { CapabilityAnswer } from '../capability/index.ts';

/** Reserved returns; nothing is pending after either. */
export const FAILED = -1;
/** See {@link FAILED}: a malformed fetch, or a cache write that failed. */
export const REJECTED = -2;

const MAX_LENGTH = 0x7fffffff;
/** Texts of one or two bytes would read as the reserved returns. */
const SHORTEST_ERROR = 3;

/** Holds at most one value; a new one replaces one that was never fetched. */
export class FfiSlot {
  #pending: Uint8Array | undefined;

  /** Makes `bytes` pending; returns their length. */
  value(bytes: Uint8Array): number {
    if (bytes.length > MAX_LENGTH) return this.error('the result is too long for the guest');
    this.#pending = bytes;
    return bytes.length;
  }

  /** Makes an error text pending, padded with spaces to three bytes; returns its negative length. */
  error(message: string): number {
    const text = utf8(message.padEnd(SHORTEST_ERROR));
    this.#pending = text;
    return -text.length;
  }

  /** {@link FfiSlot.value} or {@link FfiSlot.error}, by the answer. */
  answer(answer: CapabilityAnswer): number {
    return answer.ok ? this.value(answer.value) : this.error(answer.message);
  }

  /** Drops what is pending. */
  clear(): void {
    this.#pending = undefined;
  }

  /** Hands out what is pending, once. */
  take(): Uint8Array | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }
}
