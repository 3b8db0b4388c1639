// HTTP with a WebAssembly instance as new for every request (renewed in Perigee, `docs/protocol/wasm.md` §5.7, made anew in workerd): `perigee sat run` against workerd, the same module in both,
// each server alone on one core while the load generator (Debian's wrk) has the other one.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compare, median } from './harness.ts';
import { freePort, load } from './wrk.ts';

const ROOT = path.join(import.meta.dirname, '..');
const SECONDS = 5;
const CONNECTIONS = 32;

interface Server {
  readonly url: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

if (spawnSync('which', ['wrk']).status !== 0) {
  console.log('this benchmark needs wrk (Debian: apt-get install wrk)');
  process.exit(0);
}
for (const { pages, goal } of [
  { pages: 1, goal: 1.5 },
  { pages: 17, goal: 1.2 },
]) {
  const guest = path.join(ROOT, 'examples', 'guests', `echo-${pages}-page${pages === 1 ? '' : 's'}.wasm`);
  // The first start of a version compiles it; what is measured has been started before.
  await (await perigee(guest)).stop();
  const seen = { ours: noFigures(), theirs: noFigures() };
  const run = (start: (guest: string) => Promise<Server>, figures: Figures) => async (): Promise<number> => {
    const server = await start(guest);
    try {
      await check(server.url);
      load(server.url, { seconds: 1, connections: CONNECTIONS, core: 1 });
      const { perSecond, p99 } = load(server.url, { seconds: SECONDS, connections: CONNECTIONS, core: 1 });
      figures.p99.push(p99);
      figures.peakMb.push(peakMb(server.pid));
      return perSecond;
    } finally {
      await server.stop();
    }
  };
  await compare({
    title: `an instance as new per request, ${pages} page${pages === 1 ? '' : 's'}`,
    unit: 'req/s',
    peer: 'workerd',
    goal,
    rounds: 3,
    ours: run(perigee, seen.ours),
    theirs: run(workerd, seen.theirs),
  });
  const { ours, theirs } = seen;
  console.log(`  p99: perigee ${median(ours.p99).toFixed(2)} ms · workerd ${median(theirs.p99).toFixed(2)} ms`);
  console.log(
    `  peak memory: perigee ${median(ours.peakMb).toFixed(0)} MB · workerd ${median(theirs.peakMb).toFixed(0)} MB`,
  );
}

interface Figures {
  readonly p99: number[];
  readonly peakMb: number[];
}

function noFigures(): Figures {
  return { p99: [], peakMb: [] };
}

/** The most memory that a process has held, and each of those that it has started and that are there, in MB. */
function peakMb(pid: number): number {
  const own = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return children.reduce((sum, child) => sum + peakMb(child), own);
}

/** Both must give the body back before anything is measured. */
async function check(url: string): Promise<void> {
  const answer = await fetch(url, { method: 'POST', body: 'the same module in both' });
  const text = await answer.text();
  if (text !== 'the same module in both') throw new Error(`${url} answered ${answer.status} ${text}`);
}

async function perigee(guest: string): Promise<Server> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'perigee-bench-'));
  const command = [path.join(ROOT, 'bin', 'perigee'), 'sat', 'run', guest, '--workers', '1', '--http-port', '0'];
  const child = spawn('taskset', ['-c', '0', process.execPath, ...command], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, PERIGEE_HOME: home },
  });
  const ready = JSON.parse(await firstLine(child)) as { listening: string };
  return { url: ready.listening, pid: pidOf(child), stop: () => end(child, home) };
}

async function workerd(guest: string): Promise<Server> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'perigee-bench-'));
  const port = await freePort();
  copyFileSync(guest, path.join(folder, 'guest.wasm'));
  copyFileSync(path.join(import.meta.dirname, 'workerd-worker.js'), path.join(folder, 'worker.js'));
  const config = readFileSync(path.join(import.meta.dirname, 'workerd.capnp'), 'utf8').replace('PORT', String(port));
  writeFileSync(path.join(folder, 'config.capnp'), config);
  const binary = execFileSync(process.execPath, ['-p', "require('workerd').default"], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  const child = spawn('taskset', ['-c', '0', binary.trim(), 'serve', 'config.capnp'], { cwd: folder, stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}/`;
  for (let i = 0; i < 200; i++) {
    const up = await fetch(url, { method: 'POST' }).then(
      () => true,
      () => false,
    );
    if (up) return { url, pid: pidOf(child), stop: () => end(child, folder) };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('workerd did not start');
}

/** taskset becomes the program that it starts. */
function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the server did not start');
  return child.pid;
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
  }
  throw new Error('the server ended before it was ready');
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
  rmSync(folder, { recursive: true, force: true });
}
