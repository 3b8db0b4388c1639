// How long a short command takes to start, do its work and end, against `node -e 0` of the same Node: commands that read the state of a
// home (identity, vault, stopped node, stopped project), help, completion. Each round runs both, one after the other; wall time as a
// user waits, and processor time of the process. Other commands of this program, such as of another checkout, can be compared with it:
// node start.ts [PERIGEE...] [-- WORDS...]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { median } from './harness.ts';

const ROUNDS = 15;
const GOAL = 3;

/** What is measured; a trailing blank is a word that is being written. */
const COMMANDS = [
  '--version',
  '--help',
  'environment',
  'identity list',
  'identity show',
  'identity show alice',
  'identity default',
  'vault list',
  'vault show',
  'node list',
  'node show',
  'node show n1',
  'node logs',
  'node default',
  'gateway list',
  'credential list',
  'policy list',
  'policy show',
  'project list',
  'project show',
  'project show p1',
  'project version',
  'project logs',
  'project default',
  'project addon list --project p1',
  'space list',
  'space show',
  'space default',
  'status',
  'node --help',
  'node create --help',
  'tcp-inlet create --help',
  'sat run --help',
  'completion --shell bash',
  '__complete bash -- node l',
  '__complete bash -- node create --',
  '__complete bash -- identity show ',
  // These verify signatures.
  'identity show --full',
];

const separator = process.argv.indexOf('--');
const named = process.argv.slice(2, separator < 0 ? undefined : separator);
const programs = named.length > 0 ? named : [path.join(import.meta.dirname, '..', 'bin', 'perigee')];
const commands = separator < 0 ? COMMANDS : [process.argv.slice(separator + 1).join(' ')];

const directory = mkdtempSync(path.join(os.tmpdir(), 'perigee-bench-'));
// As a user has it whose Node is new enough: found in the PATH, by the first line of the script.
const env = {
  ...process.env,
  PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH']}`,
  PERIGEE_HOME: path.join(directory, 'home'),
};

interface Run {
  readonly wallMs: number;
  readonly cpuMs: number;
}

try {
  for (const words of [
    'identity create alice',
    'node create n1',
    'node stop n1',
    'project create default p1',
    'project stop p1',
  ])
    run(programs[0] ?? '', words);
  console.log(`median of ${ROUNDS} rounds, ratio to node -e 0 of the same round; goal ${GOAL}`);
  for (const words of commands) measure(words);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function measure(words: string): void {
  const bare: Run[] = [];
  const ours: Run[][] = programs.map(() => []);
  for (let round = 0; round <= ROUNDS; round++) {
    const base = run(process.execPath, '-e 0');
    const runs = programs.map((program) => run(program, words));
    // The first one compiles.
    if (round === 0) continue;
    bare.push(base);
    for (const [i, one] of runs.entries()) ours[i]?.push(one);
  }
  const shown = ours.map((runs) => {
    const ratio = median(runs.map(({ wallMs }, i) => wallMs / (bare[i]?.wallMs ?? wallMs)));
    const bareCpuMs = sum(bare.map(({ cpuMs }) => cpuMs));
    const cpu = bareCpuMs === 0 ? '' : ` (processor ${(sum(runs.map(({ cpuMs }) => cpuMs)) / bareCpuMs).toFixed(2)}x)`;
    const ms = median(runs.map(({ wallMs }) => wallMs));
    return `${ms.toFixed(0)} ms ${ratio.toFixed(2)}x ${ratio <= GOAL ? 'met' : 'missed'}${cpu}`;
  });
  console.log(
    `${words.padEnd(40)} ${shown.join(' · ')} · node ${median(bare.map(({ wallMs }) => wallMs)).toFixed(0)} ms`,
  );
}

function run(program: string, words: string): Run {
  const args = words.split(' ');
  const before = childTicks();
  const started = performance.now();
  const { status, stderr } = spawnSync(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const wallMs = performance.now() - started;
  if (status !== 0) throw new Error(`${program} ${words} ended with ${status}: ${String(stderr)}`);
  return { wallMs, cpuMs: (childTicks() - before) * 10 };
}

/** Processor time of all children that ended, in hundredths of a second: fields 16 and 17 of `/proc/self/stat`; 0 without one. */
function childTicks(): number {
  if (process.platform !== 'linux') return 0;
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[13]) + Number(fields[14]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
