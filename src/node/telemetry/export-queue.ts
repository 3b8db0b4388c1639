import { type Cancel, type Clock, quoted } from '../../kernel/index.ts';

/** Ours: items of one export. */
const BATCH = 512;
/** Ours: characters of a reason, which the collector may have chosen. */
const MAX_REASON = 256;
/** Ours: what may wait, bytes: a collector that does not take anything must not take the memory. */
const MAX_BYTES = 32 << 20;

/** A queue to make. */
export interface ExportQueueOptions<T> {
  readonly clock: Clock;
  /** Items that may wait; more are dropped. */
  readonly maxItems: number;
  /** About what one item holds in memory, bytes; those that wait have 32 MiB at most. */
  readonly sizeOf: (item: T) => number;
  /** How long what is no full batch waits for more, milliseconds. */
  readonly delayMs: number;
  /** What they are called: `spans`. */
  readonly what: string;
  /** Sends one batch; must settle by itself. */
  readonly send: (items: readonly T[]) => Promise<void>;
  /** Told once of a failure until there is a success, and then of how much was lost. */
  readonly onTrouble: (what: string) => void;
  /** Told of every export that worked. */
  readonly onSent?: ((count: number) => void) | undefined;
}

/**
 * What waits to be exported: bounded, in batches, one after the other. A batch that fails is lost, so that a collector that is down costs
 * no more than the memory of a full queue.
 */
export class ExportQueue<T> {
  readonly #options: ExportQueueOptions<T>;
  readonly #batch: number;
  #items: T[] = [];
  #bytes = 0;
  #cancel: Cancel | undefined;
  #sending: Promise<void> | undefined;
  #lost = 0;
  #failing = false;

  constructor(options: ExportQueueOptions<T>) {
    this.#options = options;
    this.#batch = Math.min(BATCH, options.maxItems);
  }

  /** Takes one item, or drops it when the queue is full. */
  add(item: T): void {
    const { clock, maxItems, delayMs, sizeOf } = this.#options;
    const size = sizeOf(item);
    if (this.#items.length >= maxItems || this.#bytes + size > MAX_BYTES) {
      this.#lost++;
      return;
    }
    this.#items.push(item);
    this.#bytes += size;
    if (this.#sending !== undefined) return;
    if (this.#items.length >= this.#batch) this.#start();
    else this.#cancel ??= clock.schedule(delayMs, () => this.#start());
  }

  /** Sends everything; resolves when nothing waits any more. */
  async flush(): Promise<void> {
    do {
      if (this.#items.length > 0) this.#start();
      await this.#sending;
    } while (this.#items.length > 0);
  }

  #start(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#sending ??= this.#sendOne().finally(() => {
      this.#sending = undefined;
      const left = this.#items.length;
      if (left >= this.#batch) this.#start();
      else if (left > 0) this.#cancel ??= this.#options.clock.schedule(this.#options.delayMs, () => this.#start());
    });
  }

  async #sendOne(): Promise<void> {
    const { send, sizeOf, what, onTrouble, onSent } = this.#options;
    const batch = this.#items.slice(0, this.#batch);
    this.#items = this.#items.slice(this.#batch);
    for (const item of batch) this.#bytes -= sizeOf(item);
    try {
      await send(batch);
    } catch (error) {
      this.#lost += batch.length;
      if (!this.#failing)
        onTrouble(`${what} cannot be exported: ${quoted(error instanceof Error ? error.message : error, MAX_REASON)}`);
      this.#failing = true;
      return;
    }
    onSent?.(batch.length);
    this.#failing = false;
    if (this.#lost === 0) return;
    onTrouble(`${this.#lost} ${what} were lost`);
    this.#lost = 0;
  }
}
