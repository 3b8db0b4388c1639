/**
 * Stacks on which guests run and are suspended, used by one call after another.
 *
 * The engine makes a stack for each outermost call of a suspendable export, and never gives back the address space of those
 * that were needed at once but not afterwards; the reservations of 8 GiB that lie between them cannot be used again either.
 * So the outermost call is one that does not return: a loop of our own that waits for something to call, calls it, and waits
 * again. Stacks are made in batches, so that they lie side by side, and those that a trap unwound are taken up again at once.
 */
import { type GuestStep, type WasmInstance, type WasmMemory, type WasmTable, wasm } from '../../abi/index.ts';

/**
 * (module
 *   (type $step (func (param i32 i32) (result i32)))
 *   (type $start (func)) (type $allocate (func (param i32) (result i32))) (type $run (func (param i32 i32 i32)))
 *   (type $free1 (func (param i32))) (type $free2 (func (param i32 i32)))
 *   (import "h" "step" (func $step (type $step)))
 *   (memory (export "m") 1 1) (table (export "t") 5 5 funcref)
 *   (func (export "run") (param $id i32) (local $r i32)
 *     (loop $next
 *       (block $4 (block $3 (block $2 (block $1 (block $0
 *         (br_table $0 $1 $2 $3 $4 (call $step (local.get $id) (local.get $r))))
 *         (call_indirect (type $start) (i32.const 0)) (br $next))
 *         (local.set $r (call_indirect (type $allocate) (i32.load (i32.const 0)) (i32.const 1))) (br $next))
 *         (call_indirect (type $run)
 *           (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.const 2)) (br $next))
 *         (call_indirect (type $free1) (i32.load (i32.const 0)) (i32.const 3)) (br $next))
 *         (call_indirect (type $free2) (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.const 4)) (br $next))))
 */
export const TRAMPOLINE: Uint8Array = Uint8Array.fromHex(
  `0061736d01000000011e0660027f7f017f60000060017f017f60037f7f7f0060017f0060027f7f00020a010168047374657000000302010404050170
   010505050401010101070f03016d0200017401000372756e00010a6d016b01017f0340024002400240024002402000200110000e0400010203040b41
   001101000c040b4100280200410111020021010c030b41002802004104280200410828020041021103000c020b410028020041031104000c010b4100
   280200410428020041041105000c000b0b`.replaceAll(/\s/g, ''),
);

const TYPES = { start: 0, allocate: 1, run: 2, free1: 3, free2: 4 } as const;
const BATCH = 64;
/** The engine keeps 4 MiB of stacks that are not in use, and forgets the address space of the rest. */
const UNWOUND_AT_ONCE = 4;

/** A sequence of calls into one guest. Both are told what the last call gave and say what to call next, if anything. */
export interface Job {
  readonly returned: (result: number) => GuestStep | undefined;
  /** The stack is unwound; the next call, if there is one, is on another. */
  readonly threw: (error: unknown) => GuestStep | undefined;
}

interface Coroutine {
  readonly id: number;
  job: Job | undefined;
  /** Makes the waiting loop call the function in table slot `type`. */
  wake: (type: number) => void;
}

/** The stacks of one thread. */
export class Coroutines {
  readonly #arguments: Int32Array;
  readonly #table: WasmTable;
  readonly #enter: (id: number) => Promise<unknown>;
  readonly #all = new Map<number, Coroutine>();
  readonly #idle: Coroutine[] = [];
  /** The functions in the table, by slot. */
  readonly #held = new Map<number, unknown>();
  #unwinding: (() => void)[] = [];
  #nextId = 0;

  constructor() {
    const step = new wasm.Suspending((id: number, result: number) => this.#step(id, result));
    const { exports }: WasmInstance = new wasm.Instance(new wasm.Module(TRAMPOLINE), { h: { step } });
    this.#arguments = new Int32Array((exports['m'] as WasmMemory).buffer);
    this.#table = exports['t'] as WasmTable;
    this.#enter = wasm.promising(exports['run']);
  }

  /** How many stacks there are, and how many of them wait for work. */
  get size(): { readonly all: number; readonly idle: number } {
    return { all: this.#all.size, idle: this.#idle.length };
  }

  /** Runs `job` from its `first` step on. The guest begins in a microtask. */
  run(job: Job, first: GuestStep): void {
    if (this.#idle.length === 0) for (let i = 0; i < BATCH; i++) this.#make();
    const coroutine = this.#idle.pop();
    if (coroutine === undefined) throw new Error('a new stack did not come to wait');
    coroutine.job = job;
    coroutine.wake(this.#prepare(first));
  }

  /** Lets go of the functions called last, and with them of their instance and its memory. */
  forget(): void {
    for (const type of this.#held.keys()) this.#table.set(type, null);
    this.#held.clear();
  }

  /**
   * Rejects the promise that a guest waits for, by calling `reject`; a few at once, so that each unwound stack is taken up
   * again before the next is.
   */
  unwind(reject: () => void): void {
    this.#unwinding.push(reject);
    if (this.#unwinding.length === 1) setImmediate(this.#unwindSome);
  }

  readonly #unwindSome = (): void => {
    for (const reject of this.#unwinding.splice(0, UNWOUND_AT_ONCE)) reject();
    if (this.#unwinding.length > 0) setImmediate(this.#unwindSome);
  };

  #make(): void {
    const coroutine: Coroutine = { id: this.#nextId, job: undefined, wake: () => {} };
    this.#nextId = (this.#nextId + 1) | 0;
    this.#all.set(coroutine.id, coroutine);
    this.#enter(coroutine.id).catch((error: unknown) => {
      this.#all.delete(coroutine.id);
      // At once: it gets the stack that has just been unwound.
      this.#make();
      const { job } = coroutine;
      const next = job?.threw(error);
      if (job !== undefined && next !== undefined) this.run(job, next);
    });
  }

  /** What the loop of coroutine `id` calls next, or a promise of it. */
  #step(id: number, result: number): number | Promise<number> {
    const coroutine = this.#all.get(id);
    if (coroutine === undefined) throw new Error(`there is no coroutine ${id}`);
    const next = coroutine.job?.returned(result);
    if (next !== undefined) return this.#prepare(next);
    coroutine.job = undefined;
    this.#idle.push(coroutine);
    return new Promise((resolve) => {
      coroutine.wake = resolve;
    });
  }

  /** Nothing else runs in this thread until the loop has read what is put here. */
  #prepare({ type, target, args }: GuestStep): number {
    for (let i = 0; i < args.length; i++) this.#arguments[i] = args[i] as number;
    const slot = TYPES[type];
    if (this.#held.get(slot) !== target) {
      this.#table.set(slot, target);
      this.#held.set(slot, target);
    }
    return slot;
  }
}
