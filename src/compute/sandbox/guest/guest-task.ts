/**
 * One call inside its thread: it takes slices, waits for answers, is held to its limits, and reports how it ended.
 *
 * A guest that must end while it runs is ended from the host function it is in, by throwing the kill token; one that is
 * suspended has its promise rejected with it. It is never just forgotten: a suspended stack is a root of the garbage collector.
 */
import { type GuestStep, HostCall, RequestFields, guestLife } from '../../abi/index.ts';
import type { CapabilityAnswer, LogLevel } from '../../capability/index.ts';
import type { Coroutines, Job } from './coroutines.ts';
import type { GuestSlot, Occupant, SlotPool } from './guest-slot.ts';
import type { FailureCode } from '../result.ts';
import type { Scheduler, Sliced } from './scheduler.ts';
import { CallEnding, type EndingContext } from './call-ending.ts';
import type { ThreadRoom } from './thread-room.ts';
import { type CallStart, Grant, type ModuleMessage, type ThreadAsk } from '../wire/index.ts';

/** What the tasks of one thread share. */
export interface ThreadContext extends EndingContext {
  readonly scheduler: Scheduler;
  readonly slots: SlotPool;
  readonly coroutines: Coroutines;
  readonly room: ThreadRoom;
  /** Milliseconds, monotonic, with fractions. */
  readonly now: () => number;
  readonly random: (target: Uint8Array) => void;
  /** An ident for `run_e`: 0 … 2³¹−2. */
  readonly ident: () => number;
  readonly ended: (task: GuestTask) => void;
}

const PAGE = 65_536;
/** What comes before the bytes in the answer to a read. */
const FILE_ANSWER_HEAD_BYTES = 3;

/** One call from its arrival in the thread to its result. */
export class GuestTask implements Sliced, Occupant, Job {
  readonly id: number;
  readonly module: number;
  readonly caller: number;
  readonly #context: ThreadContext;
  readonly #module: ModuleMessage;
  readonly #start: CallStart;
  readonly #arrivedAt: number;
  readonly #deadlineAt: number;
  readonly #cpuLimitMs: number;
  readonly #hostCallsPerSecond: number;
  readonly #ending: CallEnding;
  #slot: GuestSlot | undefined;
  #call: HostCall | undefined;
  #life: Generator<GuestStep, void, number> | undefined;
  /** How to go on: with the next slice, or by rejecting. Undefined before the first slice and while it runs. */
  #suspended: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;
  #answer: CapabilityAnswer | undefined;
  #alarm: NodeJS.Timeout | undefined;
  #started = false;
  #isLong = false;
  #done = false;
  /** Whether every call into the guest so far has ended by returning. */
  #hasReturned = true;
  #cpuMs = 0;
  #startMs = 0;
  #setupMs = 0;
  #memoryBytes = 0;
  #hostCalls = 0;
  #hostCallsLeft: number;
  #refilledAt: number;
  #logBytesLeft: number;
  #logLinesDropped = 0;

  /** @param now when it arrived, as {@link ThreadContext.now} says. */
  constructor(context: ThreadContext, module: ModuleMessage, start: CallStart, now: number) {
    const { deadlineMs, cpuMs, hostCallsPerSecond, logBytes } = start;
    this.id = start.call;
    this.module = start.module;
    this.caller = start.caller;
    this.#context = context;
    this.#ending = new CallEnding(context);
    this.#module = module;
    this.#start = start;
    this.#arrivedAt = now;
    this.#deadlineAt = now + deadlineMs;
    this.#cpuLimitMs = cpuMs;
    this.#hostCallsPerSecond = hostCallsPerSecond;
    this.#hostCallsLeft = hostCallsPerSecond;
    this.#refilledAt = now;
    this.#logBytesLeft = logBytes;
  }

  get runnable(): boolean {
    return !this.#done && !this.#ending.isStopped;
  }

  get isLong(): boolean {
    return this.#isLong;
  }

  /** Begins or continues; called by the scheduler when the slice is this task's. */
  resume(): void {
    if (this.#context.scheduler.startedAt >= this.#deadlineAt) {
      this.#context.scheduler.end(this);
      this.stop('DEADLINE', 'the deadline passed while the call waited for its turn');
    } else if (this.#started) {
      const suspended = this.#suspended;
      this.#suspended = undefined;
      // An answer nobody waited for: the slice must end all the same, or the thread would stand still.
      if (suspended === undefined) this.#context.scheduler.end(this);
      else suspended.resolve();
    } else {
      this.#started = true;
      this.#begin();
    }
  }

  /** The answer to {@link GuestTask.ask}: the guest gets it with its next slice. */
  answer(answer: CapabilityAnswer): void {
    this.#answer = answer;
    this.#context.scheduler.add(this);
  }

  /** Ends a task that is not running. */
  stop(code: FailureCode, message: string): void {
    if (!this.runnable) return;
    this.#ending.stop(code, message);
    if (!this.#started) {
      this.#finish(undefined);
    } else {
      const suspended = this.#suspended;
      this.#suspended = undefined;
      clearTimeout(this.#alarm);
      if (suspended !== undefined) this.#context.coroutines.unwind(() => suspended.reject(this.#context.killToken));
    }
  }

  /** Ends the task if its deadline has passed. */
  checkDeadline(now: number): void {
    if (now >= this.#deadlineAt) this.stop('DEADLINE', 'the deadline passed');
  }

  giveWay(): Promise<void> {
    this.#isLong = true;
    this.#leaveSlice();
    this.#checkLimits();
    const next = this.#suspend();
    this.#context.scheduler.add(this);
    return next;
  }

  sleep(ms: number): Promise<void> {
    if (ms <= 0) return this.giveWay();
    this.#leaveSlice();
    this.#checkLimits();
    const next = this.#suspend();
    // Behind its deadline a guest sleeps no more: it is ended by then.
    const left = this.#deadlineAt - this.#context.now();
    this.#alarm = setTimeout(() => this.#context.scheduler.add(this), Math.ceil(Math.min(ms, left + 1)));
    return next;
  }

  ask(ask: ThreadAsk): Promise<CapabilityAnswer> {
    this.#leaveSlice();
    this.#checkLimits();
    this.#context.outbox.ask(this.id, ask);
    return this.#suspend().then(() => {
      const answer = this.#answer;
      this.#answer = undefined;
      return answer ?? { ok: false, message: 'no answer', reason: 'failed' };
    });
  }

  count(): void {
    this.#hostCalls++;
    if (--this.#hostCallsLeft >= 0) return;
    const now = this.#context.now();
    const refill = ((now - this.#refilledAt) * this.#hostCallsPerSecond) / 1000;
    this.#refilledAt = now;
    this.#hostCallsLeft = Math.min(this.#hostCallsPerSecond, this.#hostCallsLeft + refill);
    if (this.#hostCallsLeft < 0) {
      this.#ending.kill('HOST_CALL_FLOOD', `more than ${this.#hostCallsPerSecond} host calls a second`);
    }
  }

  log(level: LogLevel, message: string): void {
    this.#logBytesLeft -= message.length;
    if (this.#logBytesLeft >= 0) this.#context.outbox.log(this.id, level, message);
    else this.#logLinesDropped++;
  }

  exit(code: number): never {
    return this.#ending.exit(code);
  }

  unwound(error: unknown): 'clean-exit' | 'guest' | 'host' {
    return this.#ending.unwound(error);
  }

  outputTooLarge(bytes: number): never {
    return this.#ending.kill('OUTPUT_TOO_LARGE', `the guest reported ${bytes} bytes`);
  }

  random(target: Uint8Array): void {
    this.#context.random(target);
  }

  wallMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return this.#context.now();
  }

  returned(result: number): GuestStep | undefined {
    let step: IteratorResult<GuestStep, void> | undefined;
    try {
      step = this.#life?.next(result);
    } catch (thrown) {
      return this.#broke(thrown);
    }
    return this.#advance(step);
  }

  threw(error: unknown): GuestStep | undefined {
    this.#hasReturned = false;
    let step: IteratorResult<GuestStep, void> | undefined;
    try {
      step = this.#life?.throw(error);
    } catch (thrown) {
      return this.#broke(thrown);
    }
    return this.#advance(step);
  }

  #begin(): void {
    const slot = this.#takeSlot();
    if (slot === undefined) {
      this.#finish(undefined);
      return;
    }
    let step: IteratorResult<GuestStep, void>;
    try {
      const instance = slot.occupy(this);
      const { scheduler } = this.#context;
      this.#setupMs = scheduler.elapsed();
      this.#startMs = scheduler.startedAt + this.#setupMs - this.#arrivedAt;
      this.#beginWasi(slot);
      this.#life = guestLife(instance, this.#module.profile, slot.host, this.#makeCall(), this.#input());
      step = this.#life.next();
    } catch (thrown) {
      this.#broke(thrown);
      return;
    }
    const first = this.#advance(step);
    if (first !== undefined) this.#context.coroutines.run(this, first);
  }

  #beginWasi(slot: GuestSlot): void {
    const { kind, wasi, wasiUnstable } = this.#module.profile;
    const isCommand = kind === 'command';
    // Who imports nothing of it needs no streams and descriptors.
    if (!isCommand && wasi.length + wasiUnstable.length === 0) return;
    const { outputBytes, argumentBytes, session } = this.#start;
    slot.wasi.begin({
      session,
      command: isCommand ? { input: this.#input(), outputBytes } : undefined,
      // The head of an answer counts as well.
      transferBytes: argumentBytes - FILE_ANSWER_HEAD_BYTES,
    });
  }

  /** The next step of the guest's life; at its end the task is finished. */
  #advance(step: IteratorResult<GuestStep, void> | undefined): GuestStep | undefined {
    if (step !== undefined && step.done !== true) return step.value;
    this.#finish(undefined);
    return undefined;
  }

  /** Its life has ended by an error. */
  #broke(thrown: unknown): undefined {
    this.#finish(thrown ?? new Error('the guest threw nothing'));
    return undefined;
  }

  #takeSlot(): GuestSlot | undefined {
    const { room, slots } = this.#context;
    const refusal = room.refusal(this.#module);
    if (refusal !== undefined) {
      this.#ending.stop('OVERLOADED', refusal);
      return undefined;
    }
    try {
      this.#slot = slots.take(this.#module, this.#start.maxPages);
    } catch (error) {
      this.#ending.stop('OVERLOADED', `no room for another memory: ${String(error)}`);
      return undefined;
    }
    room.enter(this.#module);
    this.#countMemory(this.#module.pages * PAGE);
    return this.#slot;
  }

  #makeCall(): HostCall {
    const start = this.#start;
    const { grants, outputBytes, argumentBytes } = start;
    const openRequest = start.hasRequest
      ? (): RequestFields => new RequestFields(start.request(), outputBytes)
      : undefined;
    const fieldGrants = {
      get: (grants & Grant.getField) !== 0,
      set: (grants & Grant.setField) !== 0,
      responseHeaders: (grants & Grant.responseHeaders) !== 0,
    };
    this.#call = new HostCall(this.#context.ident(), { outputBytes, argumentBytes }, fieldGrants, openRequest);
    return this.#call;
  }

  /** Generations before 2 had a request line for input (`runnable-abi.md` §5.1). */
  #input(): Uint8Array {
    const start = this.#start;
    if (!start.hasRequest || this.#module.profile.generation >= 2) return start.input;
    const { method, url, id } = start.request();
    return new TextEncoder().encode(`${method} ${url} ${id}`);
  }

  #suspend(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#suspended = { resolve, reject };
    });
  }

  #leaveSlice(): void {
    this.#cpuMs += this.#context.scheduler.end(this);
    this.#countMemory(this.#slot?.host.memory.size ?? 0);
  }

  #countMemory(bytes: number): void {
    this.#context.room.resize(this.#memoryBytes, bytes);
    this.#memoryBytes = bytes;
  }

  #checkLimits(): void {
    const { now, room } = this.#context;
    const ending = this.#ending;
    if (this.#cpuMs >= this.#cpuLimitMs) ending.kill('CPU_TIME', `ran for ${Math.round(this.#cpuMs)} ms`);
    if (now() >= this.#deadlineAt) ending.kill('DEADLINE', 'the deadline passed');
    if (room.exceeded) ending.kill('MEMORY_LIMIT', 'the guests of this thread hold too much memory');
  }

  #finish(error: unknown): void {
    this.#done = true;
    const { outbox, room, slots } = this.#context;
    const slot = this.#slot;
    this.#countMemory(slot?.host.memory.size ?? 0);
    const standardOutput = slot?.wasi.end();
    if (this.#logLinesDropped > 0) {
      outbox.log(this.id, 'warn', `${this.#logLinesDropped} more lines were dropped, this call has logged too much`);
    }
    // Within the slice: a module that is slow to be made new again pays for it, not its neighbours.
    if (slot !== undefined) slots.give(slot, this.#hasReturned);
    this.#cpuMs += this.#context.scheduler.end(this);
    // Not before the slice has ended: with it the outbox may be emptied, and what it was given for a result with it.
    outbox.end({
      call: this.id,
      outcome: this.#ending.outcome({ error, call: this.#call, standardOutput, isMemoryFull: this.#isMemoryFull }),
      cpuMs: this.#cpuMs,
      memoryBytes: this.#memoryBytes,
      hostCalls: this.#hostCalls,
      startMs: this.#startMs,
      setupMs: this.#setupMs,
      denials: this.#call?.denials,
    });
    this.#countMemory(0);
    if (slot !== undefined) room.leave(this.#module);
    this.#context.ended(this);
  }

  /** A guest whose memory cannot grow has it full from the start, and traps for other reasons. */
  get #isMemoryFull(): boolean {
    const maxPages = this.#slot?.maxPages ?? 0;
    return maxPages > this.#module.pages && this.#memoryBytes >= maxPages * PAGE;
  }
}
