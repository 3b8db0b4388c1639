// A request through gateway and Sat against one through a plain node:http reverse proxy: the same work behind both (the body
// comes back), each end in a process of its own. The Sat runs it in a fresh WebAssembly instance and everything between
// gateway and Sat is sealed; the proxy passes plain HTTP to a plain HTTP server.
import { type ChildProcess, execFileSync, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

try {
  const constellation = await startConstellation();
  const proxy = await startProxy();
  const measure = (url: string) => async (): Promise<number> =>
    load(url, { seconds: SECONDS, connections: CONNECTIONS }).perSecond;
  await compare({
    title: 'gateway to Sat over the channel',
    unit: 'req/s',
    peer: 'node:http proxy',
    goal: 1.5,
    rounds: 3,
    ours: measure(constellation),
    theirs: measure(proxy),
  });
} finally {
  for (const child of proxies) child.kill();
  for (const home of ['sat', 'gateway']) {
    perigee(home, 'node', 'delete', '--all', '--yes');
    perigee(home, 'reset', '--yes', '--all');
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}

/** A project, a gateway and one Sat in another home, by the commands; the gateway's address. */
async function startConstellation(): Promise<string> {
  const bytes = readFileSync(path.join(ROOT, 'examples', 'guests', 'echo-1-page.wasm'));
  const modules = [{ namespace: 'default', name: 'echo', bytes }];
  const bundle = path.join(folder, 'modules.wasm.zip');
  writeFileSync(bundle, await writeBundle({ kind: 'directive', manifest: DIRECTIVE, modules, staticFiles: new Map() }));
  const port = await freePort();
  perigee('gateway', 'project', 'create', 'default', 'bench');
  perigee('gateway', 'gateway', 'create', 'front', '--bundle', bundle, '--http', `127.0.0.1:${port}`);
  perigee('sat', 'sat', 'join', perigee('gateway', 'project', 'ticket', '--sat', 'front'));
  const url = `http://127.0.0.1:${port}/`;
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
