// What the limits cost a guest that only computes: the same module run as it is by the engine, in a process of its own, and
// in the sandbox, where every loop and function looks whether it must give way and memory and time are metered. The sandbox is
// several, of one thread each: the same code with the same data takes up to a fifth longer in one thread than in the next, and it
// depends on where the word that its guests look at comes to lie.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { Sandbox, type SandboxModule } from '../src/compute/sandbox/index.ts';
import { capabilities, realClock } from '../test/support/guests.ts';
import { compileGuest } from './compile.ts';
import { median } from './harness.ts';

const THREADS = 4;
/** In each thread. */
const ROUNDS = 3;
/** Largest median cost of the guests, and of the interpreter, as parts of the plain time. */
const GOAL = 0.2;
const INTERPRETER_GOAL = 0.35;
const GUESTS = ['sha256', 'n-body', 'json', 'sort', 'sieve'] as const;

interface Timing {
  readonly ms: number;
  readonly check: number;
}

const plain = fork(path.join(import.meta.dirname, 'plain-guest.ts'));
const sandboxes: Sandbox[] = [];
for (let i = 0; i < THREADS; i++) {
  sandboxes.push(await Sandbox.create({ clock: realClock, limits: { threads: 1 }, callLimits: { cpuMs: 60_000 } }));
}
try {
  const costs: number[] = [];
  for (const name of GUESTS) costs.push(await cost(name));
  const middle = median(costs);
  console.log(`median of the guests ${percent(middle)} (goal ${percent(GOAL)}) ${middle <= GOAL ? 'met' : 'missed'}`);
  const interpreter = await cost('interpreter');
  console.log(
    `interpreter ${percent(interpreter)} (goal ${percent(INTERPRETER_GOAL)}) ` +
      (interpreter <= INTERPRETER_GOAL ? 'met' : 'missed'),
  );
} finally {
  plain.kill();
  for (const sandbox of sandboxes) await sandbox.close(0);
}

/** How much longer the guest takes in the sandbox: 0.1 is a tenth. */
async function cost(name: string): Promise<number> {
  const bytes = await compileGuest(name);
  const modules = sandboxes.map((sandbox) => sandbox.load(bytes));
  await inProcess(plain, name, bytes);
  const [own, other]: [number[], number[]] = [[], []];
  const ratios = sandboxes.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [thread, sandbox] of sandboxes.entries()) {
      const ours = await inSandbox(sandbox, modules[thread] as SandboxModule);
      const theirs = await inProcess(plain, name);
      if (ours.check !== theirs.check) throw new Error(`${name} computed ${ours.check} here and ${theirs.check} there`);
      if (round === 0) continue;
      own.push(ours.ms);
      other.push(theirs.ms);
      ratios[thread]?.push(ours.ms / theirs.ms);
    }
  }
  const ratio = median(ratios.flat()) - 1;
  const threads = ratios.map((list) => median(list) - 1);
  const [ours, theirs] = [median(own), median(other)];
  console.log(
    `${name.padEnd(12)} sandbox ${ours.toFixed(0)} ms · plain ${theirs.toFixed(0)} ms · ${percent(ratio)} ` +
      `(threads ${percent(Math.min(...threads))} to ${percent(Math.max(...threads))})`,
  );
  return ratio;
}

async function inSandbox(sandbox: Sandbox, module: SandboxModule): Promise<Timing> {
  const result = await sandbox.call(module, { capabilities: capabilities() });
  if (result.kind !== 'output' || result.output === undefined) throw new Error(JSON.stringify(result));
  return { ms: result.usage.cpuMs, check: Buffer.from(result.output).readUInt32LE() };
}

async function inProcess(child: ChildProcess, name: string, bytes?: Uint8Array): Promise<Timing> {
  child.send({ name, bytes: bytes && Buffer.from(bytes).toString('base64') });
  const [timing] = (await once(child, 'message')) as [Timing];
  return timing;
}

function percent(part: number): string {
  return `${part >= 0 ? '+' : ''}${(part * 100).toFixed(1)} %`;
}
