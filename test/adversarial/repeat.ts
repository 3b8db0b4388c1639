/**
 * Hostile guests over and over: does the process keep anything of them?
 *
 * By hand: `node test/adversarial/repeat.ts 10000` runs each kind as often. The suite runs a bounded version.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { type CallResult, Sandbox } from '../../src/compute/sandbox/index.ts';
import { CodedError, utf8 } from '../../src/kernel/index.ts';
import { endOf } from '../support/arena.ts';
import { capabilities, ECHO, echo, env, guest, realClock, wasi } from '../support/guests.ts';

/** One kind of guest, or of module. */
export interface Kind {
  readonly title: string;
  /** How each of its calls must end: the code of a failure or of a refusal, or the kind of a result. */
  readonly end: string;
  readonly module: () => Uint8Array;
  /** A module that is taken in and let go of for each call. */
  readonly fresh?: true;
  /** Garbage in bulk, of which the engine may keep the room for later, in MiB. */
  readonly slackMiB?: number;
  /** Why fewer repetitions must do: how many of these take as long as one of the others. */
  readonly cost?: number;
  readonly deadlineMs?: number;
  readonly outputBytes?: number;
  readonly hostCallsPerSecond?: number;
}

const RETURN = env('return_result', 3, 0);
const DEEP = '(func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))';
const SPIN = '(loop $spin (br $spin))';
const ASK = '(drop (call $cache_get (i32.const 0) (i32.const 4) (local.get $ident)))';

/** Every way to end. */
export const KINDS: readonly Kind[] = [
  { title: 'a result', end: 'output', module: echo },
  {
    title: 'a memory that grows by nothing, which makes another buffer of it',
    end: 'output',
    module: () => guest({ imports: RETURN, run: `(drop (memory.grow (i32.const 0))) ${ECHO}` }),
  },
  {
    title: 'an error',
    end: 'guest-error',
    module: () =>
      guest({
        imports: env('return_error', 4, 0),
        run: '(call $return_error (i32.const 400) (local.get $ptr) (local.get $len) (local.get $ident))',
      }),
  },
  { title: 'a trap', end: 'TRAP', module: () => guest({ run: 'unreachable' }) },
  {
    title: 'an exception nobody catches',
    end: 'TRAP',
    module: () => guest({ fields: '(tag $e (param i32))', run: '(throw $e (i32.const 1))' }),
  },
  {
    title: 'an exit',
    end: 'TRAP',
    module: () => guest({ imports: wasi('proc_exit', 'i32', 0), run: '(call $proc_exit (i32.const 9))' }),
  },
  { title: 'an allocator that lies', end: 'TRAP', module: () => guest({ allocate: '(i32.const -1)' }) },
  {
    title: 'a data segment outside of the memory',
    end: 'TRAP',
    module: () => guest({ fields: '(data (i32.const 65536) "x")' }),
  },
  {
    title: 'a result that is too large',
    end: 'OUTPUT_TOO_LARGE',
    module: () =>
      guest({ imports: RETURN, run: '(call $return_result (i32.const 0) (i32.const 65536) (local.get $ident))' }),
    outputBytes: 1000,
  },
  {
    title: 'a flood of host calls',
    end: 'HOST_CALL_FLOOD',
    module: () =>
      guest({
        imports: env('cache_get', 3),
        run: '(loop $l (drop (call $cache_get (i32.const 0) (i32.const 4) (i32.const -5))) (br $l))',
      }),
    hostCallsPerSecond: 10,
  },
  {
    title: 'answers that it waits for',
    end: 'output',
    module: () => guest({ imports: RETURN + env('cache_get', 3), run: `${ASK} ${ASK} ${ECHO}` }),
  },
  {
    title: 'a memory that grows',
    end: 'output',
    module: () => guest({ imports: RETURN, run: `(drop (memory.grow (i32.const 4))) ${ECHO}` }),
    cost: 4,
  },
  {
    title: 'a table that grows',
    end: 'output',
    module: () =>
      guest({
        fields: '(table 1 4096 externref)',
        imports: RETURN,
        run: `(drop (table.grow 0 (ref.null extern) (i32.const 4000))) ${ECHO}`,
      }),
    slackMiB: 96,
    cost: 4,
  },
  {
    title: 'recursion',
    end: 'STACK',
    module: () => guest({ fields: DEEP, run: '(drop (call $deep (i32.const 1)))' }),
    cost: 10,
  },
  { title: 'a module that is refused', end: 'WASM_TRUNCATED', module: () => echo().subarray(0, 60), fresh: true },
  {
    title: 'a module that is no guest',
    end: 'ABI_UNKNOWN_IMPORT',
    module: () => guest({ imports: env('open_door', 2) }),
    fresh: true,
    slackMiB: 96,
    cost: 4,
  },
  { title: 'a module for each call', end: 'output', module: echo, fresh: true, slackMiB: 96, cost: 10 },
  { title: 'an endless loop', end: 'DEADLINE', module: () => guest({ run: SPIN }), deadlineMs: 20, cost: 200 },
  {
    title: 'an answer that never comes',
    end: 'DEADLINE',
    module: () =>
      guest({
        imports: env('get_static_file', 3),
        run: '(drop (call $get_static_file (i32.const 0) (i32.const 4) (local.get $ident)))',
      }),
    deadlineMs: 20,
    cost: 50,
  },
];

/** What a process holds, in bytes where it is memory. */
export interface Holding {
  readonly rss: number;
  readonly heap: number;
  readonly handles: number;
}

/** A sandbox in which kinds are repeated. */
export class Repetition implements AsyncDisposable {
  readonly #sandbox: Sandbox;
  readonly #collect: () => void;

  private constructor(sandbox: Sandbox, collect: () => void) {
    this.#sandbox = sandbox;
    this.#collect = collect;
  }

  static async create(): Promise<Repetition> {
    setFlagsFromString('--expose-gc');
    const collect = createRequire(import.meta.url)('node:vm').runInNewContext('gc') as () => void;
    const limits = { threads: 1, minThreads: 1, memoryBytes: 16 << 20 };
    return new Repetition(await Sandbox.create({ clock: realClock, limits }), collect);
  }

  /** Runs `kind` `times` times, sixteen at once, and asserts how each call ends. */
  async run(kind: Kind, times: number): Promise<void> {
    const bytes = kind.module();
    const shared = kind.fresh === undefined ? this.#sandbox.load(bytes) : undefined;
    let left = times;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const end = shared === undefined ? await this.#once(bytes, kind) : endOf(await this.#call(shared, kind));
        assert.equal(end, kind.end, kind.title);
      }
    };
    await Promise.all(Array.from({ length: Math.min(16, times) }, worker));
    if (shared !== undefined) this.#sandbox.unload(shared);
  }

  /** What is held once garbage is collected; asserts that no call, module or question is left. */
  async holding(): Promise<Holding> {
    const { inFlight, waiting, openHostCalls, modules, threadsLost, threads } = this.#sandbox.stats();
    const calls = threads.reduce((sum, thread) => sum + thread.calls, 0);
    assert.deepEqual({ inFlight, waiting, openHostCalls, modules, threadsLost, calls }, NOTHING_LEFT);
    // Twice: what the first round has found dead is given back by other threads meanwhile.
    this.#collect();
    await new Promise(setImmediate);
    this.#collect();
    const { rss, heapUsed } = process.memoryUsage();
    return { rss, heap: heapUsed, handles: process.getActiveResourcesInfo().length };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sandbox.close(0);
  }

  async #once(bytes: Uint8Array, kind: Kind): Promise<string> {
    try {
      const module = this.#sandbox.load(bytes);
      const result = await this.#call(module, kind);
      this.#sandbox.unload(module);
      return endOf(result);
    } catch (error) {
      if (error instanceof CodedError) return error.code;
      throw error;
    }
  }

  #call(module: ReturnType<Sandbox['load']>, kind: Kind): Promise<CallResult> {
    const { deadlineMs = 30_000, outputBytes, hostCallsPerSecond } = kind;
    return this.#sandbox.call(module, {
      input: INPUT,
      capabilities: ANSWERS,
      limits: {
        deadlineMs,
        ...(outputBytes !== undefined && { outputBytes }),
        ...(hostCallsPerSecond !== undefined && { hostCallsPerSecond }),
      },
    });
  }
}

const NOTHING_LEFT = { inFlight: 0, waiting: 0, openHostCalls: 0, modules: 0, threadsLost: 0, calls: 0 };
const INPUT = utf8('in');
const ANSWERS = capabilities({
  cacheGet: () => Promise.resolve({ ok: true, value: INPUT }),
  staticFile: () => new Promise(() => {}),
});

/** Bounds of what may be there after all repetitions of one kind and was not before: below them are the engine's own caches. */
export function boundsOf({ slackMiB = 32 }: Pick<Kind, 'slackMiB'>): Holding {
  return { rss: slackMiB << 20, heap: 2 << 20, handles: 0 };
}

/** What is held in `after` and was not in `before`. */
export function growth(before: Holding, after: Holding): Holding {
  return {
    rss: after.rss - before.rss,
    heap: after.heap - before.heap,
    handles: after.handles - before.handles,
  };
}

/** How often `kind` is run where cheap kinds are run `times` times. */
export function timesOf(kind: Kind, times: number): number {
  return Math.max(1, Math.ceil(times / (kind.cost ?? 1)));
}

if (import.meta.main) {
  const times = Number(process.argv[2] ?? 10_000);
  await using repetition = await Repetition.create();
  for (const kind of KINDS) {
    const count = timesOf(kind, times);
    await repetition.run(kind, count);
    const before = await repetition.holding();
    const started = performance.now();
    await repetition.run(kind, count);
    const { rss, heap, handles } = growth(before, await repetition.holding());
    const ms = (performance.now() - started).toFixed(0);
    console.log(
      `${kind.title}: ${count} in ${ms} ms; resident ${rss >> 10} KiB, heap ${heap >> 10} KiB, handles ${handles}`,
    );
    const bounds = boundsOf(kind);
    if (rss > bounds.rss || heap > bounds.heap || handles > bounds.handles) process.exitCode = 1;
  }
}
