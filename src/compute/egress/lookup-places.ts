/** Who may look a name up now: look-ups block threads that the whole process shares. */
import { FairLine, Shares } from '../../kernel/index.ts';
import { abortable } from './deadline.ts';

/** Of four threads by default: slow names of guests must not take them all. */
const PLACES = 3;

/** Places of look-ups, of which no caller has more than are free; who waits takes turns with the other callers. */
export class LookupPlaces {
  readonly #shares = new Shares<string>(PLACES);
  readonly #line = new FairLine<string, () => void>();

  /** Runs `task` when a place is free. One that is given up while it runs keeps its place until it really ends. */
  async run<T>(caller: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (!this.#shares.take(caller)) await this.#wait(caller, signal);
    const work = task();
    const leave = (): void => {
      this.#shares.give(caller);
      this.#serve();
    };
    work.then(leave, leave);
    return abortable(work, signal);
  }

  /** Waits until a place was taken for `caller`. */
  async #wait(caller: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#line.add(caller, resolve);
    try {
      await abortable(promise, signal);
    } catch (error) {
      // Its turn may have come in the same moment.
      if (!this.#line.remove(caller, resolve)) {
        this.#shares.give(caller);
        this.#serve();
      }
      throw error;
    }
  }

  #serve(): void {
    for (let first: string | undefined; ; first = undefined) {
      const next = this.#line.take((caller) => {
        if (!this.#shares.hasRoom(caller)) return false;
        first = caller;
        return true;
      });
      if (next === undefined || first === undefined) return;
      this.#shares.take(first);
      next();
    }
  }
}
