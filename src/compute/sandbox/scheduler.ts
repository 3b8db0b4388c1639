/**
 * Shares one thread among its guests: those that can go on wait in line, and each gets one slice per round.
 *
 * A slice begins when a task is resumed and ends when the task says so, from within a microtask; nothing else of this thread
 * runs in between. A turn is as many slices as fit into `turnMs`; between turns the event loop serves messages and timers.
 */
import type { SliceMeter } from './control.ts';

/** Something that takes slices. */
export interface Sliced {
  /** False when it has ended while it stood in line. */
  readonly runnable: boolean;
  /** Begins or continues; must call {@link Scheduler.end} when it stops running. */
  readonly resume: () => void;
}

/** One thread's line. */
export class Scheduler {
  readonly #meter: SliceMeter;
  readonly #turnMs: number;
  readonly #afterTurn: () => void;
  readonly #now: () => number;
  #line: Sliced[] = [];
  #head = 0;
  #running: Sliced | undefined;
  #awake = false;
  #turnStartedAt = 0;

  /** @param afterTurn called whenever the line is empty or a turn is over. */
  constructor(meter: SliceMeter, turnMs: number, now: () => number, afterTurn: () => void) {
    this.#meter = meter;
    this.#turnMs = turnMs;
    this.#now = now;
    this.#afterTurn = afterTurn;
  }

  /** Puts `task` at the end of the line. */
  add(task: Sliced): void {
    this.#line.push(task);
    if (this.#awake) return;
    this.#awake = true;
    queueMicrotask(this.#turn);
  }

  /** Whether `task` has the slice. */
  isRunning(task: Sliced): boolean {
    return this.#running === task;
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
    if (this.#now() - this.#turnStartedAt < this.#turnMs) {
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
    this.#running = task;
    this.#meter.begin();
    task.resume();
  };

  #take(): Sliced | undefined {
    while (this.#head < this.#line.length) {
      const task = this.#line[this.#head++];
      if (this.#head > 1024 && this.#head * 2 > this.#line.length) {
        this.#line = this.#line.slice(this.#head);
        this.#head = 0;
      }
      if (task?.runnable === true) return task;
    }
    this.#line = [];
    this.#head = 0;
    return undefined;
  }
}
