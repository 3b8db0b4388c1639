// Calls a second that can be stopped at any time: an instance as new for each call in the sandbox, where a guest is stopped by
// itself, against Extism's worker mode, where the worker is what can be stopped and one instance serves all calls as it is.
import createPlugin from '@extism/extism';
import { Sandbox } from '../src/compute/sandbox/index.ts';
import { capabilities, echo, realClock } from '../test/support/guests.ts';
import { assemble } from '../test/support/wasm-engine.ts';
import { compare } from './harness.ts';

const SECONDS = 2;
const INPUT = new TextEncoder().encode('x'.repeat(256));
const EXTISM_ECHO = `(module
  (import "extism:host/env" "input_offset" (func $offset (result i64)))
  (import "extism:host/env" "input_length" (func $length (result i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (memory (export "memory") 1)
  (func (export "echo") (result i32) (call $output (call $offset) (call $length)) (i32.const 0)))`;

const sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1 } });
const module = sandbox.load(echo());

try {
  for (const inFlight of [1, 16]) {
    await compare({
      title: `killable calls, ${inFlight} at a time`,
      unit: 'calls/s',
      peer: 'Extism (worker)',
      goal: 10,
      rounds: 3,
      ours: () =>
        repeat(inFlight, async () => {
          const result = await sandbox.call(module, { input: INPUT, capabilities: capabilities() });
          if (result.kind !== 'output') throw new Error(JSON.stringify(result));
          return result.output?.length;
        }),
      theirs: extism,
    });
  }
} finally {
  await sandbox.close(0);
}

/** A plugin runs one call at a time: whoever wants more in flight waits. A new one for each round, as it ends after some 30 000 calls. */
async function extism(): Promise<number> {
  const plugin = await createPlugin({ wasm: [{ data: assemble(EXTISM_ECHO) }] }, { runInWorker: true });
  try {
    return await repeat(1, async () => (await plugin.call('echo', INPUT))?.bytes().length);
  } finally {
    await plugin.close();
  }
}

/** Calls a second of `inFlight` callers that call again as soon as they are answered. */
async function repeat(inFlight: number, call: () => Promise<number | undefined>): Promise<number> {
  const started = performance.now();
  const until = started + SECONDS * 1000;
  let calls = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      const length = await call();
      if (length !== INPUT.length) throw new Error(`${length} bytes came back`);
      calls++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return (calls * 1000) / (performance.now() - started);
}
