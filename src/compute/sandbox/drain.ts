import type { Clock } from '../../kernel/index.ts';

/** The end of the last call, as a sandbox that is being closed waits for it. */
export class Drain {
  readonly #clock: Clock;
  #reached: PromiseWithResolvers<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when the last call has ended, at the latest after `ms`; not to be asked while there is none. */
  async wait(ms: number): Promise<void> {
    const reached = (this.#reached ??= Promise.withResolvers<void>());
    const late = Promise.withResolvers<void>();
    const cancel = this.#clock.schedule(ms, late.resolve);
    await Promise.race([reached.promise, late.promise]);
    cancel();
  }

  /** The last call has ended. */
  reach(): void {
    this.#reached?.resolve();
    this.#reached = undefined;
  }
}
