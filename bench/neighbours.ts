// Neighbours of a hostile guest: calls that compute for about 5 ms at half of what the threads can do, alone, and with a guest
// beside them that loops until it is stopped, again and again. Their p99 must not double.
import { availableParallelism } from 'node:os';
import { Sandbox, type SandboxModule } from '../src/compute/sandbox/index.ts';
import { capabilities, guest, realClock } from '../test/support/guests.ts';
import { median } from './harness.ts';

const SECONDS = 6;
const ROUNDS = 3;
const GOAL = 2;
const CALL_MS = 5;
const THREADS = availableParallelism();
/** Calls so far apart take half of the threads' time. */
const INTERVAL_MS = (2 * CALL_MS) / THREADS;
const COMPUTE = (turns: number): string => `(local.set $n (i32.const ${turns}))
  (loop $more (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if $more (local.get $n)))`;
const HOSTILE: Readonly<Record<string, string>> = {
  loop: '(loop $ever (br $ever))',
  'memory.fill': '(loop $ever (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br $ever))',
};

const sandbox = await Sandbox.create({ clock: realClock, limits: { threads: THREADS } });
const honest = sandbox.load(guest({ run: COMPUTE(await turnsFor(CALL_MS)) }));
for (const [name, run] of Object.entries(HOSTILE)) {
  const hostile = sandbox.load(guest({ run }));
  const ratios: number[] = [];
  const tails: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await tail(undefined);
    const beside = await tail(hostile);
    ratios.push(beside / alone);
    tails[0].push(alone);
    tails[1].push(beside);
  }
  const ratio = median(ratios);
  console.log(
    `beside a guest that never ends (${name}): p99 ${median(tails[1]).toFixed(1)} ms · alone ${median(tails[0]).toFixed(1)} ms · ` +
      `ratio ${ratio.toFixed(2)} (goal ≤ ${GOAL}) ${ratio <= GOAL ? 'met' : 'missed'}`,
  );
}
await sandbox.close(0);

/** p99 in milliseconds of honest calls that come every `INTERVAL_MS`, with one hostile call always at work if there is one. */
async function tail(hostile: SandboxModule | undefined): Promise<number> {
  const until = performance.now() + SECONDS * 1000;
  const harm = async (guest: SandboxModule): Promise<void> => {
    while (performance.now() < until) {
      const result = await sandbox.call(guest, { capabilities: capabilities(), limits: { cpuMs: 100 } });
      if (result.kind !== 'failure' || result.code !== 'CPU_TIME') throw new Error(JSON.stringify(result));
    }
  };
  const harming = hostile && harm(hostile);
  const times: Promise<number>[] = [];
  while (performance.now() < until) {
    const started = performance.now();
    times.push(
      sandbox.call(honest, { capabilities: capabilities() }).then((result) => {
        if (result.kind !== 'output') throw new Error(JSON.stringify(result));
        return performance.now() - started;
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
  const sorted = (await Promise.all(times)).sort((a, b) => a - b);
  await harming;
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
}

/** How many turns of the loop take `ms` here. */
async function turnsFor(ms: number): Promise<number> {
  const turns = 10_000_000;
  const probe = sandbox.load(guest({ run: COMPUTE(turns) }));
  const used: number[] = [];
  for (let i = 0; i < 5; i++) {
    used.push((await sandbox.call(probe, { capabilities: capabilities() })).usage.cpuMs);
  }
  sandbox.unload(probe);
  return Math.round((turns * ms) / median(used));
}
