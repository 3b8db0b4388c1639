/** What the file operations of all calls of one sandbox share: a bound on open handles, and on operations at once. */
import { type Clock, delay } from '../../../kernel/index.ts';
import { Errno, WasiFault } from '../errno.ts';

/** Files of all calls that may be open at once: a process has some thousand descriptors, most of which are for sockets. */
const MAX_HANDLES = 1024;
/** Operations that run at once; each holds some directories open while it looks up a path. */
const MAX_OPERATIONS = 8;

/** The shared bounds of one sandbox. */
export class FileRoom {
  #handlesLeft: number;
  #operationsLeft: number;
  readonly #waiting: (() => void)[] = [];
  readonly #ending = new Set<Promise<void>>();

  constructor(handles: number = MAX_HANDLES, operations: number = MAX_OPERATIONS) {
    this.#handlesLeft = handles;
    this.#operationsLeft = operations;
  }

  /** Takes a handle. @throws {WasiFault} nfile when all are in use */
  takeHandle(): void {
    if (this.#handlesLeft === 0) throw new WasiFault(Errno.nfile);
    this.#handlesLeft--;
  }

  /** Gives a handle back. */
  giveHandle(): void {
    this.#handlesLeft++;
  }

  /** Runs `operation` when its turn comes. */
  async run<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#operationsLeft > 0) this.#operationsLeft--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await operation();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#operationsLeft++;
      else next();
    }
  }

  /** Remembers an end that is going on, for {@link FileRoom.idle}. */
  ending(end: Promise<void>): void {
    this.#ending.add(end);
    void end.finally(() => this.#ending.delete(end));
  }

  /** Resolves when every end that is going on is over, after `ms` at the latest: a disk that hangs holds nobody up. */
  async idle(clock: Clock, ms: number): Promise<void> {
    const ended = new AbortController();
    const all = Promise.all(this.#ending).then(() => ended.abort());
    await Promise.race([all, delay(clock, ms, ended.signal).catch(() => 'ended before that')]);
  }
}
