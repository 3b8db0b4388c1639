/**
 * Shares one thread among its guests: those that can go on wait in line, and get one slice at a time. Next is the function that
 * has had the least time; of each function its callers take turns; of each caller its calls: who has a thousand calls gets no
 * more than who has one. A function that comes back after a pause goes before one that has run all the while, so that short
 * calls do not wait for long ones.
 *
 * A slice begins when a task is resumed and ends when the task says so, from within a microtask; nothing else of this thread
 * runs in between. A turn is as many slices as fit into `turnMs`; between turns the event loop serves messages and timers.
 */
import type { SliceMeter } from '../wire/index.ts';
import { FairLine } from '../../../kernel/index.ts';

/** Something that takes slices. */
export interface Sliced {
  /** Which function it runs, and for whom: numbers that mean nothing else. */
  readonly module: number;
  readonly caller: number;
  /** False when it has ended while it stood in line. */
  readonly runnable: boolean;
  /** Whether it has had to give way before, and so may take a whole slice again. */
  readonly isLong: boolean;
  /** Begins or continues; must call {@link Scheduler.end} when it stops running. */
  readonly resume: () => void;
}

/** Ours: how much of the time that it did not use a function may catch up on when it comes back, milliseconds. */
const CREDIT_MS = 20;

/** One thread's line. */
export class Scheduler {
  readonly #meter: SliceMeter;
  readonly #turnMs: number;
  readonly #afterTurn: () => void;
  readonly #now: () => number;
  /** By function, in the order of their turns; none is empty. */
  readonly #lines = new Map<number, FairLine<number, Sliced>>();
  /** Time that each function has had, milliseconds; of one that came back no less than {@link CREDIT_MS} below the level. */
  readonly #used = new Map<number, number>();
  /** Time that the function had that was served last; it never falls. */
  #level = 0;
  #running: Sliced | undefined;
  #awake = false;
  #turnStartedAt = 0;

  /** @param afterTurn called whenever the line is empty, a turn is over, or a long slice begins. */
  constructor(meter: SliceMeter, turnMs: number, now: () => number, afterTurn: () => void) {
    this.#meter = meter;
    this.#turnMs = turnMs;
    this.#now = now;
    this.#afterTurn = afterTurn;
  }

  /** Puts `task` at the end of the line of its caller. */
  add(task: Sliced): void {
    let line = this.#lines.get(task.module);
    if (line === undefined) {
      this.#comeBack(task.module);
      this.#lines.set(task.module, (line = new FairLine()));
    }
    line.add(task.caller, task);
    if (this.#awake) return;
    this.#awake = true;
    queueMicrotask(this.#turn);
  }

  /**
   * Whether a turn is going on or about to begin: what its tasks have to say meanwhile is told after it. Between two turns the
   * event loop runs, but then the next turn is due.
   */
  get awake(): boolean {
    return this.#awake;
  }

  /** Whether `task` has the slice. */
  isRunning(task: Sliced): boolean {
    return this.#running === task;
  }

  /** When the present slice, or the last one, began, milliseconds. */
  get startedAt(): number {
    return this.#meter.startedAt;
  }

  /** Milliseconds since the present slice began. */
  elapsed(): number {
    return this.#meter.elapsed();
  }

  /** Ends the slice of `task`; returns how long it was, 0 when `task` had none. */
  end(task: Sliced): number {
    if (this.#running !== task) return 0;
    this.#running = undefined;
    const elapsed = this.#meter.end();
    this.#used.set(task.module, (this.#used.get(task.module) ?? 0) + elapsed);
    if (this.#meter.startedAt + elapsed - this.#turnStartedAt < this.#turnMs) {
      // Not from here: this may be deep inside an import of the guest that is about to be suspended.
      queueMicrotask(this.#next);
    } else {
      this.#afterTurn();
      setImmediate(this.#turn);
    }
    return elapsed;
  }

  readonly #turn = (): void => {
    this.#turnStartedAt = this.#now();
    this.#next();
  };

  readonly #next = (): void => {
    const task = this.#take();
    if (task === undefined) {
      this.#awake = false;
      this.#afterTurn();
      return;
    }
    // What others have to say need not wait for the end of a long slice.
    if (task.isLong) this.#afterTurn();
    this.#running = task;
    this.#meter.begin();
    task.resume();
  };

  /** Lets go of what is known of a function; it has no tasks any more. */
  forget(module: number): void {
    this.#used.delete(module);
  }

  /** A function that had a pause, or is new, has not saved up all of it. */
  #comeBack(module: number): void {
    this.#used.set(module, Math.max(this.#used.get(module) ?? 0, this.#level - CREDIT_MS));
  }

  #take(): Sliced | undefined {
    for (;;) {
      const next = this.#least();
      if (next === undefined) return undefined;
      const [module, line] = next;
      this.#level = Math.max(this.#level, this.#used.get(module) ?? 0);
      let task = line.take();
      while (task?.runnable === false) task = line.take();
      this.#lines.delete(module);
      if (line.size > 0) this.#lines.set(module, line);
      if (task !== undefined) return task;
    }
  }

  /** The line of the function that has had the least time; of several the one that waits longest. */
  #least(): [number, FairLine<number, Sliced>] | undefined {
    let least: [number, FairLine<number, Sliced>] | undefined;
    let used = Number.POSITIVE_INFINITY;
    for (const entry of this.#lines) {
      const time = this.#used.get(entry[0]) ?? 0;
      if (time >= used) continue;
      used = time;
      least = entry;
    }
    return least;
  }
}
