/**
 * The guest threads and their ticker: as many as there is work for.
 *
 * A call goes to the thread with the fewest; of equals, to the first. When every thread has calls, one more is started, up to
 * the limit, so that threads beyond what is needed have nothing to do; those are ended after a while, the last ones first.
 * A thread that does not come back is ended and replaced.
 */
import type { Worker } from 'node:worker_threads';
import { getLogger } from '@logtape/logtape';
import type { Cancel, Clock } from '../../../kernel/index.ts';
import { type WasmMemory, wasm } from '../../abi/index.ts';
import { makeControl, resetSlice, sliceOf, stopTicker } from '../wire/index.ts';
import { GuestThread, type ThreadEvents } from './guest-thread.ts';
import { startIsolated } from '../isolated.ts';
import type { SandboxLimits } from '../limits.ts';
import type { ThreadStats } from '../stats.ts';
import type { StallReport, TickerData } from './ticker.ts';
import type { ModuleMessage, ThreadData } from '../wire/index.ts';

const logger = getLogger(['perigee', 'compute', 'sandbox']);
/** Memories that all threads together keep idle: each reserves 8 GiB of addresses. */
const IDLE_SLOTS = 4096;
/**
 * Table entries of the guests of one thread together. They are in its heap, which has 512 MiB, and take 24 bytes each, twice
 * that while a table grows.
 */
const TABLE_ENTRIES = 6 << 20;
/** How often in a thread's idle time it is looked at. */
const LOOKS = 4;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;

/** What comes out of the pool. */
export interface PoolEvents extends ThreadEvents {
  /** A thread has become available. */
  readonly ready: () => void;
}

/** Where a thread may be. */
interface Place {
  readonly index: number;
  /** The word that guests of this thread poll is the first of this memory. */
  readonly flag: WasmMemory;
  /** `resting`: there is none; `ending`: the old one is not yet gone, and nobody may use its words. */
  state: 'resting' | 'starting' | 'ready' | 'ending';
  thread: GuestThread | undefined;
  /** When it last had anything to do, monotonic milliseconds. */
  usedAtMs: number;
}

/** All threads of one sandbox. */
export class ThreadPool {
  readonly #clock: Clock;
  readonly #limits: SandboxLimits;
  readonly #least: number;
  readonly #events: PoolEvents;
  readonly #control: Int32Array;
  readonly #places: readonly Place[];
  /** What every thread knows. */
  readonly #modules = new Map<number, ModuleMessage>();
  readonly #retries = new Set<Cancel>();
  /** Starts and ends that are under way. */
  readonly #moves = new Set<Promise<void>>();
  #cancelLook: Cancel | undefined;
  #ticker: Worker | undefined;
  #closed = false;

  constructor(clock: Clock, limits: SandboxLimits, events: PoolEvents) {
    this.#clock = clock;
    this.#limits = limits;
    this.#least = Math.min(limits.minThreads, limits.threads);
    this.#events = events;
    this.#control = makeControl(limits.threads);
    this.#places = Array.from({ length: limits.threads }, (_, index) => ({
      index,
      flag: new wasm.Memory({ initial: 1, maximum: 1, shared: true }),
      state: 'resting',
      thread: undefined,
      usedAtMs: 0,
    }));
  }

  /** Starts the ticker and the threads that are always there. @throws {SandboxError} SANDBOX_THREAD, after ending those that did start. */
  async start(): Promise<void> {
    this.#startTicker();
    const always = this.#places.slice(0, this.#least);
    const starts = await Promise.allSettled(always.map((place) => this.#startThread(place)));
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed === undefined) return;
    await this.close();
    throw failed.reason;
  }

  /** Whether any thread takes calls. */
  get available(): boolean {
    return this.#places.some(({ thread }) => thread !== undefined);
  }

  /** The thread for one more call: the one with the fewest; undefined when all are being replaced. */
  choose(): GuestThread | undefined {
    let chosen: Place | undefined;
    for (const place of this.#places) {
      if (place.thread !== undefined && place.thread.calls < (chosen?.thread?.calls ?? Number.POSITIVE_INFINITY))
        chosen = place;
    }
    if (chosen === undefined) return undefined;
    chosen.usedAtMs = this.#clock.monotonicMs();
    if (chosen.thread !== undefined && chosen.thread.calls > 0) this.#grow();
    return chosen.thread;
  }

  /** Gives a module to all threads, those of now and those to come: none has to wait for it when a call arrives. */
  load(module: ModuleMessage): void {
    this.#modules.set(module.id, module);
    for (const { thread } of this.#places) thread?.load(module);
  }

  /** Lets go of a module in all threads. */
  unload(module: number): void {
    this.#modules.delete(module);
    for (const { thread } of this.#places) thread?.unload(module);
  }

  /** The threads that run guests now. */
  running(): readonly GuestThread[] {
    return this.#places.flatMap(({ thread }) => (thread === undefined ? [] : [thread]));
  }

  /** Those that are there or on their way. */
  threads(): readonly ThreadStats[] {
    return this.#places.flatMap(({ index, state, thread }) =>
      state === 'resting'
        ? []
        : [{ index, state: thread === undefined ? 'starting' : 'ready', calls: thread?.calls ?? 0 }],
    );
  }

  /** Ends all threads whatever they do. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelLook?.();
    for (const cancel of this.#retries) cancel();
    stopTicker(this.#control);
    await Promise.all([this.#ticker?.terminate(), ...this.#places.map(({ thread }) => thread?.end())]);
    await Promise.allSettled(this.#moves);
  }

  async #startThread(place: Place): Promise<void> {
    place.state = 'starting';
    const { index, flag } = place;
    const lost = (thread: GuestThread, reason: string): void => this.#follow(this.#replace(place, thread, reason));
    const { threads, totalMemoryBytes } = this.#limits;
    const data: ThreadData = {
      index,
      control: this.#control,
      flag,
      memoryBytes: Math.floor(totalMemoryBytes / threads),
      tableEntries: TABLE_ENTRIES,
      idleSlots: Math.ceil(IDLE_SLOTS / threads),
    };
    const thread = await GuestThread.start(data, { ...this.#events, lost });
    if (this.#closed) {
      await thread.end();
      return;
    }
    for (const module of this.#modules.values()) thread.load(module);
    place.thread = thread;
    place.state = 'ready';
    place.usedAtMs = this.#clock.monotonicMs();
    this.#lookLater();
    this.#events.ready();
  }

  /** One at a time: by the time it is there it may turn out that it was enough. */
  #grow(): void {
    if (this.#closed || this.#places.some(({ state }) => state === 'starting')) return;
    const place = this.#places.find(({ state }) => state === 'resting');
    if (place !== undefined) this.#restart(place, FIRST_RETRY_MS);
  }

  /** Looks for idle threads as long as there are more than must be. */
  #lookLater(): void {
    if (this.#cancelLook !== undefined || this.#ready.length <= this.#least) return;
    this.#cancelLook = this.#clock.schedule(this.#limits.threadIdleMs / LOOKS, () => {
      this.#cancelLook = undefined;
      this.#shrink();
      this.#lookLater();
    });
  }

  get #ready(): readonly Place[] {
    return this.#places.filter(({ state }) => state === 'ready');
  }

  /** Ends threads that had nothing to do for a while. A thread with calls is never one of them. */
  #shrink(): void {
    const nowMs = this.#clock.monotonicMs();
    let left = this.#ready.length;
    for (const place of this.#ready.toReversed()) {
      if (place.thread !== undefined && place.thread.calls > 0) place.usedAtMs = nowMs;
      if (left <= this.#least || nowMs - place.usedAtMs < this.#limits.threadIdleMs) continue;
      left--;
      this.#follow(this.#rest(place));
    }
  }

  async #rest(place: Place): Promise<void> {
    const { thread } = place;
    place.thread = undefined;
    place.state = 'ending';
    await thread?.end();
    if (this.#closed) return;
    resetSlice(this.#control, place.index);
    place.state = 'resting';
  }

  /** Its calls are told at once; the new thread takes over the shared words only when the old one is surely gone. */
  async #replace(place: Place, thread: GuestThread, reason: string): Promise<void> {
    if (this.#closed || place.thread !== thread) return;
    place.thread = undefined;
    place.state = 'starting';
    this.#events.lost(thread, reason);
    await thread.end();
    if (this.#closed) return;
    resetSlice(this.#control, place.index);
    this.#restart(place, FIRST_RETRY_MS);
  }

  #restart(place: Place, retryMs: number): void {
    const started = this.#startThread(place).catch((error: unknown) => {
      if (this.#closed) return;
      logger.error('guest thread {index} did not start', { index: place.index, error });
      const cancel = this.#clock.schedule(retryMs, () => {
        this.#retries.delete(cancel);
        this.#restart(place, Math.min(retryMs * 2, LAST_RETRY_MS));
      });
      this.#retries.add(cancel);
    });
    this.#follow(started);
  }

  /** Remembers `move`, which does not reject, until it is over. */
  #follow(move: Promise<void>): void {
    this.#moves.add(move);
    void move.finally(() => this.#moves.delete(move));
  }

  /** Without the ticker no guest gives way, so it is started again should it ever end. */
  #startTicker(): void {
    const { sliceMs, stallMs } = this.#limits;
    const flags = this.#places.map(({ flag }) => new Int32Array(flag.buffer, 0, 1));
    const workerData: TickerData = { control: this.#control, flags, sliceMs, stallMs };
    const ticker = startIsolated('pool/ticker', { name: 'guests ticker', workerData });
    ticker.on('message', (report: StallReport) => this.#endStalled(report));
    ticker.on('error', (error) => logger.error('the ticker failed', { error }));
    ticker.on('exit', () => {
      if (!this.#closed) this.#startTicker();
    });
    this.#ticker = ticker;
  }

  #endStalled({ thread: index, slice }: StallReport): void {
    const place = this.#places[index];
    // It may have come back in the meantime.
    if (place?.thread === undefined || sliceOf(this.#control, index) !== slice) return;
    this.#follow(this.#replace(place, place.thread, `it did not come back within ${this.#limits.stallMs} ms`));
  }
}
