// A request through gateway and Sat against one through a plain node:http reverse proxy: the same work behind both (the body
// comes back), each end in a process of its own. The Sat runs it in a fresh WebAssembly instance and everything between
// gateway and Sat is sealed; the proxy passes plain HTTP, over connections that it keeps, to a plain HTTP server.
//
// Two gateways with a Sat each: one is reached through the project's relay, the other is dialled directly. Only one of the
// contestants has work at a time. Processor time per request is what each process spent in a measured run of its own.
import { type ChildProcess, execFileSync, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeBundle } from '../src/compute/bundle/index.ts';
import { compare } from './harness.ts';
import { freePort, load } from './wrk.ts';

const ROOT = path.join(import.meta.dirname, '..');
const SECONDS = 5;
const CONNECTIONS = 64;
const DIRECTIVE = `identifier: com.example.bench
appVersion: v1.0.0
atmoVersion: v0.4.8
runnables:
  - { name: echo, namespace: default, lang: wat }
handlers:
  - { type: request, method: POST, resource: /, steps: [{ fn: echo }] }
`;

if (spawnSync('which', ['wrk']).status !== 0) {
  console.log('this benchmark needs wrk (Debian: apt-get install wrk)');
  process.exit(0);
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'perigee-bench-'));
const perigee = (home: string, ...args: string[]): string =>
  execFileSync(process.execPath, [path.join(ROOT, 'bin', 'perigee'), ...args], {
    env: { ...process.env, PERIGEE_HOME: path.join(folder, home) },
    encoding: 'utf8',
  }).trim();
const proxies: ChildProcess[] = [];
const HOMES = ['cloud', 'relayed-sat', 'direct-sat'] as const;
/** Clock ticks of /proc a second: the same on every Linux that Node runs on. */
const TICKS = 100;

try {
  writeFileSync(path.join(folder, 'modules.wasm.zip'), await bundle());
  perigee('cloud', 'project', 'create', 'default', 'bench');
  const relayed = await startConstellation('relayed');
  const direct = await startConstellation('direct');
  const proxy = await startProxy();
  const measure = (url: string) => async (): Promise<number> =>
    load(url, { seconds: SECONDS, connections: CONNECTIONS }).perSecond;
  const peer = { unit: 'req/s', peer: 'node:http proxy', goal: 1.5, rounds: 3, theirs: measure(proxy) };
  await compare({ title: 'gateway to Sat over the channel, via the relay', ...peer, ours: measure(relayed) });
  await compare({ title: 'gateway to Sat over the channel, dialled', ...peer, ours: measure(direct) });
  for (const [title, url] of Object.entries({ relayed, direct, proxy })) await showProcessorTime(title, measure(url));
} finally {
  for (const child of proxies) child.kill();
  for (const home of HOMES) {
    perigee(home, 'node', 'delete', '--all', '--yes');
    perigee(home, 'reset', '--yes', '--all');
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}

function bundle(): Promise<Uint8Array> {
  const bytes = readFileSync(path.join(ROOT, 'examples', 'guests', 'echo-1-page.wasm'));
  const modules = [{ namespace: 'default', name: 'echo', bytes }];
  return writeBundle({ kind: 'directive', manifest: DIRECTIVE, modules, staticFiles: new Map() });
}

/** A gateway of the project, and one Sat in another home that reaches it by `route`; the gateway's address. */
async function startConstellation(route: 'relayed' | 'direct'): Promise<string> {
  const [http, listener] = [await freePort(), await freePort()];
  const listen = route === 'direct' ? ['--tcp-listener-address', `127.0.0.1:${listener}`] : [];
  const dial = route === 'direct' ? ['--gateway-route', `/ip4/127.0.0.1/tcp/${listener}/service/api`] : [];
  const file = path.join(folder, 'modules.wasm.zip');
  perigee('cloud', 'gateway', 'create', `front-${route}`, '--bundle', file, '--http', `127.0.0.1:${http}`, ...listen);
  const ticket = perigee('cloud', '-q', 'project', 'ticket', '--sat', `front-${route}`, ...dial);
  perigee(`${route}-sat`, 'sat', 'join', ticket, `${route}-sat`);
  const url = `http://127.0.0.1:${http}/`;
  for (let i = 0; i < 100; i++) {
    if ((await fetch(url, { method: 'POST', body: 'x' })).status === 200) return url;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the Sat did not answer');
}

/** A backend and a proxy before it, a process each; the proxy's address. */
async function startProxy(): Promise<string> {
  const start = async (...args: string[]): Promise<string> => {
    const child = fork(path.join(import.meta.dirname, 'http-process.ts'), args);
    proxies.push(child);
    const [url] = (await once(child, 'message')) as [string];
    return url;
  };
  return start('proxy', await start('backend'));
}

/** Prints the processor time that each process spent on a request in one more run. */
async function showProcessorTime(title: string, run: () => Promise<number>): Promise<void> {
  const before = processorTimes();
  const requests = (await run()) * SECONDS;
  const used: string[] = [];
  for (const [name, ms] of processorTimes()) {
    const us = ((ms - (before.get(name) ?? 0)) * 1000) / requests;
    if (us >= 1) used.push(`${name} ${us.toFixed(0)} µs`);
  }
  console.log(`processor time per request, ${title}: ${used.join(' · ')}`);
}

/** Processor time of each process of this benchmark so far, in milliseconds, by its last two arguments. */
function processorTimes(): Map<string, number> {
  const times = new Map<string, number>();
  const own = new Set(proxies.map(({ pid }) => String(pid)));
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const mark = readFileSync(`/proc/${pid}/environ`, 'utf8');
      if (!own.has(pid) && !mark.includes(`PERIGEE_HOME=${folder}`)) continue;
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      const name = words
        .slice(-2)
        .map((word) => path.basename(word))
        .join(' ');
      times.set(name, ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS);
    } catch {
      // A process may end between the listing and the look at it.
      continue;
    }
  }
  return times;
}
