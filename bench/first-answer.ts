// How long until the first answer: of a process that starts, and of an instance of a module that is loaded already: a new one,
// and one that is renewed after its last call (docs/protocol/wasm.md §5.7).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Sandbox } from '../src/compute/sandbox/index.ts';
import { capabilities, ECHO, echo, env, guest, realClock } from '../test/support/guests.ts';
import { median } from './harness.ts';

const ROOT = path.join(import.meta.dirname, '..');
const CALLS = 3000;
const GOAL_US = 150;
const STARTS = 5;

const input = new TextEncoder().encode('x'.repeat(256));
/** It changes a table, so each of its calls gets another instance. */
const notRenewed = guest({
  imports: env('return_result', 3, 0),
  fields: '(table $t 1 funcref) (func (table.set $t (i32.const 0) (ref.null func)))',
  run: ECHO,
});

await measureCalls('a new instance', notRenewed);
await measureCalls('a renewed instance', echo());

const starts: number[] = [];
for (let i = 0; i < STARTS; i++) starts.push(await coldStart());
console.log(`cold process to its first HTTP answer: median ${median(starts).toFixed(0)} ms of ${STARTS}`);

async function measureCalls(what: string, bytes: Uint8Array): Promise<void> {
  const sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1 } });
  const module = sandbox.load(bytes);
  const times: number[] = [];
  for (let i = 0; i < CALLS * 2; i++) {
    const started = performance.now();
    const result = await sandbox.call(module, { input, capabilities: capabilities() });
    if (result.kind !== 'output') throw new Error(JSON.stringify(result));
    // The first half warms up.
    if (i >= CALLS) times.push((performance.now() - started) * 1000);
  }
  await sandbox.close(0);
  const middle = median(times);
  const sorted = times.toSorted((a, b) => a - b);
  console.log(
    `loaded module to the answer of ${what}: p50 ${middle.toFixed(0)} µs (goal ${GOAL_US}) ` +
      `${middle <= GOAL_US ? 'met' : 'missed'}, p99 ${(sorted[Math.floor(CALLS * 0.99)] ?? 0).toFixed(0)} µs`,
  );
}

async function coldStart(): Promise<number> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'perigee-bench-'));
  const guest = path.join(ROOT, 'examples', 'guests', 'echo-1-page.wasm');
  const started = performance.now();
  const child = spawn(process.execPath, [path.join(ROOT, 'bin', 'perigee'), 'sat', 'run', guest], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, PERIGEE_HOME: home },
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { listening } = JSON.parse(String(line)) as { listening: string };
  const answer = await fetch(listening, { method: 'POST', body: 'x' });
  if ((await answer.text()) !== 'x') throw new Error(`it answered ${answer.status}`);
  const ms = performance.now() - started;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
  rmSync(home, { recursive: true, force: true });
  return ms;
}
