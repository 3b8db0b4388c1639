/** A guest thread seen from the main thread: its messages, its calls, its end. */
import type { Worker } from 'node:worker_threads';
import type { CapabilityAnswer, LogLevel } from '../../capability/index.ts';
import { BytePack, CallWriter, readEnds } from '../wire/index.ts';
import { SandboxError } from '../errors.ts';
import { startIsolated } from '../isolated.ts';
import type {
  CallEnd,
  FromThread,
  ModuleMessage,
  PackedAnswer,
  ThreadAsk,
  ThreadData,
  ToThread,
} from '../wire/index.ts';

/**
 * Heap of a guest thread for the host's own objects, a few megabytes; guests' memories are not in it. With a larger old generation the
 * engine collects the young one by itself as well, which holds up the calls of the thread for longer in all.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 24 } as const;

/** What comes out of a thread. */
export interface ThreadEvents {
  readonly log: (call: number, level: LogLevel, message: string) => void;
  readonly ask: (call: number, ask: ThreadAsk) => void;
  readonly ended: (end: CallEnd, bytes: ArrayBuffer) => void;
  /** Once, when the thread has ended for any reason but {@link GuestThread.end}. */
  readonly lost: (thread: GuestThread, reason: string) => void;
}

/** One running thread. */
export class GuestThread {
  readonly index: number;
  /** Calls that were handed over and have no result. */
  calls = 0;
  readonly #worker: Worker;
  readonly #known = new Set<number>();
  readonly #pack = new BytePack();
  readonly #calls = new CallWriter(this.#pack);
  #load: ModuleMessage[] = [];
  #unload: number[] = [];
  #answers: PackedAnswer[] = [];
  #aborts: number[] = [];
  #flushing = false;
  #over = false;

  private constructor(index: number, worker: Worker) {
    this.index = index;
    this.#worker = worker;
  }

  /**
   * Starts a thread; resolves when it takes calls.
   * @throws {SandboxError} SANDBOX_THREAD
   */
  static async start(data: ThreadData, events: ThreadEvents): Promise<GuestThread> {
    const worker = startIsolated('guest/thread', {
      name: `guests ${data.index}`,
      workerData: data,
      resourceLimits: RESOURCE_LIMITS,
    });
    const thread = new GuestThread(data.index, worker);
    const failed = (cause?: unknown): SandboxError =>
      new SandboxError('SANDBOX_THREAD', `guest thread ${data.index} did not start`, { cause });
    const starting = Promise.withResolvers<void>();
    worker.once('message', () => starting.resolve());
    worker.once('error', (error) => starting.reject(failed(error)));
    worker.once('exit', () => starting.reject(failed()));
    await starting.promise;
    worker.on('message', (message: FromThread) => receive(message, events));
    worker.on('error', (error) => thread.#lose(String(error), events));
    worker.on('exit', (code) => thread.#lose(`exit code ${code}`, events));
    return thread;
  }

  /** Sends a module's code, before any call of it. */
  load(module: ModuleMessage): void {
    this.#known.add(module.id);
    this.#load.push(module);
    this.#schedule();
  }

  /** Lets go of a module's code and idle memories. */
  unload(module: number): void {
    if (!this.#known.delete(module)) return;
    this.#unload.push(module);
    this.#schedule();
  }

  /** Its number in this process. */
  get threadId(): number {
    return this.#worker.threadId;
  }

  /** As the method of `Worker`. */
  startCpuProfile: Worker['startCpuProfile'] = (options) => this.#worker.startCpuProfile(options);

  /** Hands over the call that `write` adds; its bytes must not change until it is sent. */
  begin(write: (calls: CallWriter) => void): void {
    if (this.#calls.full) this.#flush();
    write(this.#calls);
    this.calls++;
    this.#schedule();
  }

  /** Answers the ask of a call; `answer.value` must not change before it is sent. */
  answer(call: number, answer: CapabilityAnswer): void {
    this.#answers.push(
      answer.ok ? [call, [this.#pack.add(answer.value), answer.value.length]] : [call, answer.message, answer.reason],
    );
    this.#schedule();
  }

  /** Asks the thread to end a call; a result comes all the same. */
  abort(call: number): void {
    this.#aborts.push(call);
    this.#schedule();
  }

  /** Ends the thread whatever it does; the calls in it have no result. */
  async end(): Promise<void> {
    this.#over = true;
    await this.#worker.terminate();
  }

  #lose(reason: string, events: ThreadEvents): void {
    if (this.#over) return;
    this.#over = true;
    events.lost(this, reason);
  }

  /** Everything of this turn of the event loop goes in one message. */
  #schedule(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    this.#flushing = false;
    if (this.#over) return;
    const { calls, bytes } = this.#calls.finish();
    const message: ToThread = {
      load: this.#load,
      unload: this.#unload,
      calls,
      answers: this.#answers,
      aborts: this.#aborts,
      bytes,
    };
    this.#load = [];
    this.#unload = [];
    this.#answers = [];
    this.#aborts = [];
    this.#worker.postMessage(message, [bytes]);
  };
}

function receive(message: FromThread, events: ThreadEvents): void {
  for (const [call, level, text] of message.logs) events.log(call, level, text);
  for (const [call, ask] of message.asks) events.ask(call, ask);
  for (const end of readEnds(message.ends, message.bytes)) events.ended(end, message.bytes);
}
