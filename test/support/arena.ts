/** A sandbox of one thread in which a hostile guest runs among neighbours that must not notice. */
import assert from 'node:assert/strict';
import type { CallCapabilities } from '../../src/compute/capability/index.ts';
import { type CallLimits, type CallResult, Sandbox, type SandboxModule } from '../../src/compute/sandbox/index.ts';
import { fromUtf8, utf8 } from '../../src/kernel/index.ts';
import { capabilities, ECHO, env, guest, realClock } from './guests.ts';

/** Deadline of a hostile guest, unless it is given another. */
export const DEADLINE_MS = 150;

/** Deadline of one that ends by itself, unless it is given another: there for the day on which it does not, however busy the machine. */
const FINITE_DEADLINE_MS = 20_000;

/** See {@link createArena}. */
export interface Arena {
  readonly sandbox: Sandbox;
  /** Runs a hostile guest once, with as many neighbours; resolves when all have ended, and asserts that the neighbours were served. */
  readonly run: (
    bytes: Uint8Array,
    limits?: Partial<CallLimits>,
    granted?: CallCapabilities,
    neighbours?: number,
  ) => Promise<CallResult>;
  /** As {@link run}, for guests that are not endless: they are given time. */
  readonly runToEnd: Arena['run'];
  readonly close: () => Promise<void>;
}

/** Computes a little, waits for an answer, and returns its input. */
const NEIGHBOUR = guest({
  imports: env('return_result', 3, 0) + env('get_ffi_result', 2) + env('cache_get', 3),
  run: `(local.set $n (i32.const 200000))
    (loop $more (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (drop (call $cache_get (local.get $ptr) (local.get $len) (local.get $ident)))
    (drop (call $get_ffi_result (i32.const 0) (local.get $ident)))
    ${ECHO}`,
});

const waiting = capabilities({
  cacheGet: async () => {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    return { ok: true, value: utf8('answer') };
  },
});

/** Starts the sandbox; guests may have 16 MiB. */
export async function createArena(): Promise<Arena> {
  const sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1, memoryBytes: 16 << 20 } });
  const neighbour = sandbox.load(NEIGHBOUR);
  const run: Arena['run'] = async (bytes, limits = {}, granted = capabilities(), neighbours = 20) => {
    const hostile = sandbox.load(bytes);
    const running = sandbox.call(hostile, {
      input: utf8('in'),
      capabilities: granted,
      limits: { deadlineMs: DEADLINE_MS, cpuMs: 10_000, ...limits },
    });
    const result = await runAmong(sandbox, neighbour, running, neighbours);
    sandbox.unload(hostile);
    return result;
  };
  return {
    sandbox,
    run,
    runToEnd: (bytes, limits = {}, ...more) => run(bytes, { deadlineMs: FINITE_DEADLINE_MS, ...limits }, ...more),
    close: () => sandbox.close(1000),
  };
}

async function runAmong(
  sandbox: Sandbox,
  neighbour: SandboxModule,
  running: Promise<CallResult>,
  count: number,
): Promise<CallResult> {
  const names = Array.from({ length: count }, (_, i) => `n${i}`);
  const neighbours = names.map(async (name) => {
    const result = await sandbox.call(neighbour, { input: utf8(name), capabilities: waiting });
    return result.kind === 'output' && result.output !== undefined ? fromUtf8(result.output) : result;
  });
  const result = await running;
  assert.deepEqual(await Promise.all(neighbours), names);
  return result;
}

/** How a call ended in one word: the code of a failure, or `output`, or `guest-error`. */
export function endOf(result: CallResult): string {
  return result.kind === 'failure' ? result.code : result.kind;
}
