/** The guest threads and their ticker: starts them, finds the least loaded, ends and replaces those that do not come back. */
import type { Worker } from 'node:worker_threads';
import { getLogger } from '@logtape/logtape';
import type { Cancel, Clock } from '../../kernel/index.ts';
import { type WasmMemory, wasm } from '../abi/index.ts';
import { makeControl, resetSlice, sliceOf, stopTicker } from './control.ts';
import { GuestThread, type ThreadEvents } from './guest-thread.ts';
import { startIsolated } from './isolated.ts';
import type { SandboxLimits } from './limits.ts';
import type { ThreadStats } from './stats.ts';
import type { StallReport, TickerData } from './ticker.ts';
import type { ThreadData } from './wire.ts';

const logger = getLogger(['perigee', 'compute', 'sandbox']);
/** Memories that all threads together keep idle: each reserves 8 GiB of addresses. */
const IDLE_SLOTS = 4096;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;

/** What comes out of the pool. */
export interface PoolEvents extends ThreadEvents {
  /** A thread has become available. */
  readonly ready: () => void;
}

/** All threads of one sandbox. */
export class ThreadPool {
  readonly #clock: Clock;
  readonly #limits: SandboxLimits;
  readonly #events: PoolEvents;
  readonly #control: Int32Array;
  readonly #flags: readonly WasmMemory[];
  /** By index; undefined while a thread is being replaced. */
  readonly #threads: (GuestThread | undefined)[];
  readonly #retries = new Set<Cancel>();
  #ticker: Worker | undefined;
  #closed = false;

  constructor(clock: Clock, limits: SandboxLimits, events: PoolEvents) {
    this.#clock = clock;
    this.#limits = limits;
    this.#events = events;
    this.#control = makeControl(limits.threads);
    this.#flags = Array.from(
      { length: limits.threads },
      () => new wasm.Memory({ initial: 1, maximum: 1, shared: true }),
    );
    this.#threads = this.#flags.map(() => undefined);
  }

  /** Starts ticker and threads. @throws {SandboxError} SANDBOX_THREAD, after ending those that did start. */
  async start(): Promise<void> {
    this.#startTicker();
    const starts = await Promise.allSettled(this.#threads.map((_, index) => this.#startThread(index)));
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed === undefined) return;
    await this.close();
    throw failed.reason;
  }

  /** Whether any thread takes calls. */
  get available(): boolean {
    return this.#threads.some((thread) => thread !== undefined);
  }

  /** The thread with the fewest calls; undefined when all are being replaced. */
  leastLoaded(): GuestThread | undefined {
    let least: GuestThread | undefined;
    for (const thread of this.#threads) {
      if (thread !== undefined && (least === undefined || thread.calls < least.calls)) least = thread;
    }
    return least;
  }

  /** Lets go of a module in all threads. */
  unload(module: number): void {
    for (const thread of this.#threads) thread?.unload(module);
  }

  threads(): readonly ThreadStats[] {
    return this.#threads.map((thread, index) => ({
      index,
      state: thread === undefined ? 'starting' : 'ready',
      calls: thread?.calls ?? 0,
    }));
  }

  /** Ends all threads whatever they do. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#retries) cancel();
    stopTicker(this.#control);
    await Promise.all([this.#ticker?.terminate(), ...this.#threads.map((thread) => thread?.end())]);
  }

  async #startThread(index: number): Promise<void> {
    const flag = this.#flags[index];
    if (flag === undefined) throw new RangeError(`there is no thread ${index}`);
    const events = { ...this.#events, lost: (lost: GuestThread, reason: string) => void this.#replace(lost, reason) };
    const { threads, totalMemoryBytes } = this.#limits;
    const data: ThreadData = {
      index,
      control: this.#control,
      flag,
      memoryBytes: Math.floor(totalMemoryBytes / threads),
      idleSlots: Math.ceil(IDLE_SLOTS / threads),
    };
    const thread = await GuestThread.start(data, events);
    if (this.#closed) {
      await thread.end();
      return;
    }
    this.#threads[index] = thread;
    this.#events.ready();
  }

  /** Its calls are told at once; the new thread takes over the shared words only when the old one is surely gone. */
  async #replace(thread: GuestThread, reason: string): Promise<void> {
    if (this.#closed || this.#threads[thread.index] !== thread) return;
    this.#threads[thread.index] = undefined;
    this.#events.lost(thread, reason);
    await thread.end();
    if (this.#closed) return;
    resetSlice(this.#control, thread.index);
    this.#restart(thread.index, FIRST_RETRY_MS);
  }

  #restart(index: number, retryMs: number): void {
    this.#startThread(index).catch((error: unknown) => {
      if (this.#closed) return;
      logger.error('guest thread {index} did not start again', { index, error });
      const cancel = this.#clock.schedule(retryMs, () => {
        this.#retries.delete(cancel);
        this.#restart(index, Math.min(retryMs * 2, LAST_RETRY_MS));
      });
      this.#retries.add(cancel);
    });
  }

  /** Without the ticker no guest gives way, so it is started again should it ever end. */
  #startTicker(): void {
    const { sliceMs, stallMs } = this.#limits;
    const flags = this.#flags.map((flag) => new Int32Array(flag.buffer, 0, 1));
    const workerData: TickerData = { control: this.#control, flags, sliceMs, stallMs };
    const ticker = startIsolated('ticker', { name: 'guests ticker', workerData });
    ticker.on('message', (report: StallReport) => this.#endStalled(report));
    ticker.on('error', (error) => logger.error('the ticker failed', { error }));
    ticker.on('exit', () => {
      if (!this.#closed) this.#startTicker();
    });
    this.#ticker = ticker;
  }

  #endStalled({ thread: index, slice }: StallReport): void {
    const thread = this.#threads[index];
    // It may have come back in the meantime.
    if (thread === undefined || sliceOf(this.#control, index) !== slice) return;
    void this.#replace(thread, `it did not come back within ${this.#limits.stallMs} ms`);
  }
}
