/** What the guests of one thread may hold together: linear memory and stacks, entries of tables, and its heap. */
import type { ModuleMessage } from '../wire/index.ts';

const PAGE = 65_536;
/** Ours: what the stack of a guest counts; a thousand calls deep it is as large as that, and the engine tells nobody how deep it is. */
const STACK_BYTES = 65_536;

/** What guests may hold at once. */
export interface Room {
  /** Linear memory and stacks, bytes. */
  readonly memoryBytes: number;
  /** Table entries: they are in the thread's heap. */
  readonly tableEntries: number;
  /** What instances take of the heap for functions, exports and globals, bytes. */
  readonly instanceBytes: number;
}

/** What of a thread's room is left. */
export class ThreadRoom {
  #memoryBytes: number;
  #tableEntries: number;
  #instanceBytes: number;

  constructor({ memoryBytes, tableEntries, instanceBytes }: Room) {
    this.#memoryBytes = memoryBytes;
    this.#tableEntries = tableEntries;
    this.#instanceBytes = instanceBytes;
  }

  /** Why there is no room for one more guest of `module`, if there is none. */
  refusal({ pages, tableEntries, instanceBytes }: ModuleMessage): string | undefined {
    if (pages * PAGE + STACK_BYTES > this.#memoryBytes) return 'the guests of this thread hold too much memory';
    if (tableEntries > this.#tableEntries) return 'the guests of this thread hold too many table entries';
    if (instanceBytes > this.#instanceBytes) return 'the guests of this thread hold too many functions and exports';
    return undefined;
  }

  /** A guest of `module` comes in, whose memory is counted by {@link ThreadRoom.resize}. */
  enter({ tableEntries, instanceBytes }: ModuleMessage): void {
    this.#memoryBytes -= STACK_BYTES;
    this.#tableEntries -= tableEntries;
    this.#instanceBytes -= instanceBytes;
  }

  /** It leaves. */
  leave({ tableEntries, instanceBytes }: ModuleMessage): void {
    this.#memoryBytes += STACK_BYTES;
    this.#tableEntries += tableEntries;
    this.#instanceBytes += instanceBytes;
  }

  /** A guest's memory has `now` bytes; it was counted with `before`. */
  resize(before: number, now: number): void {
    this.#memoryBytes += before - now;
  }

  /** Whether guests that are in have grown beyond the room. */
  get exceeded(): boolean {
    return this.#memoryBytes < 0;
  }
}
