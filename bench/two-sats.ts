// A function that computes, for about 5 ms and for about 25 ms, through a gateway: with one Sat, and with two, each of one thread. On
// two cores, which the gateway and the load generator share, the second must be worth almost as much as the first.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeBundle } from '../src/compute/bundle/index.ts';
import { env, guest } from '../test/support/guests.ts';
import { median } from './harness.ts';
import { freePort, load } from './wrk.ts';

const ROOT = path.join(import.meta.dirname, '..');
const SECONDS = 5;
/** A Sat that has just started is not yet as fast as it will be; seconds before the clock runs. */
const WARM_UP = 5;
const ROUNDS = 3;
const CONNECTIONS = 8;
const GOAL = 1.7;
const DIRECTIVE = `identifier: com.example.bench
appVersion: v1.0.0
atmoVersion: v0.4.8
runnables:
  - { name: short, namespace: default, lang: wat }
  - { name: long, namespace: default, lang: wat }
handlers:
  - { type: request, method: POST, resource: /short, steps: [{ fn: short }] }
  - { type: request, method: POST, resource: /long, steps: [{ fn: long }] }
`;
/** Rounds of its loop: some 5 ms and 25 ms. */
const ROUNDS_OF = { short: 12_000_000, long: 60_000_000 } as const;
const compute = (rounds: number): Uint8Array =>
  guest({
    imports: env('return_result', 3, 0),
    run: `(local.set $n (i32.const ${rounds}))
      (loop $more (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if $more (local.get $n)))
      (call $return_result (local.get $ptr) (local.get $len) (local.get $ident))`,
  });
const FUNCTIONS = ['short', 'long'] as const;

if (spawnSync('which', ['wrk']).status !== 0) {
  console.log('this benchmark needs wrk (Debian: apt-get install wrk)');
  process.exit(0);
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'perigee-bench-'));
const HOMES = ['cloud', 'first', 'second'] as const;
type Home = (typeof HOMES)[number];
const perigee = (home: Home, ...args: string[]): string =>
  execFileSync(process.execPath, [path.join(ROOT, 'bin', 'perigee'), ...args], {
    env: { ...process.env, PERIGEE_HOME: path.join(folder, home) },
    encoding: 'utf8',
  }).trim();

try {
  const file = path.join(folder, 'modules.wasm.zip');
  const modules = FUNCTIONS.map((name) => ({ namespace: 'default', name, bytes: compute(ROUNDS_OF[name]) }));
  const bundle = {
    kind: 'directive',
    manifest: DIRECTIVE,
    modules,
    staticFiles: new Map<string, Uint8Array>(),
  } as const;
  writeFileSync(file, await writeBundle(bundle));
  const [http, listener] = [await freePort(), await freePort()];
  perigee('cloud', 'project', 'create', 'default', 'bench');
  const addresses = ['--http', `127.0.0.1:${http}`, '--tcp-listener-address', `127.0.0.1:${listener}`];
  perigee('cloud', 'gateway', 'create', 'front', '--bundle', file, ...addresses);
  const url = `http://127.0.0.1:${http}/`;
  const warmAndMeasure = (name: string): number => {
    load(url + name, { seconds: WARM_UP, connections: CONNECTIONS });
    return load(url + name, { seconds: SECONDS, connections: CONNECTIONS }).perSecond;
  };
  join('first', listener);
  await answers(`${url}short`, 1);
  const [one, two] = [new Map<string, number[]>(), new Map<string, number[]>()];
  const measureInto = (figures: Map<string, number[]>): void => {
    for (const name of FUNCTIONS) figures.set(name, [...(figures.get(name) ?? []), warmAndMeasure(name)]);
  };
  for (let round = 0; round < ROUNDS; round++) {
    measureInto(one);
    if (round === 0) join('second', listener);
    else perigee('second', 'node', 'start', 'second');
    await answers(`${url}short`, 2);
    measureInto(two);
    perigee('second', 'node', 'stop', 'second');
    await answers(`${url}short`, 1);
  }
  for (const name of FUNCTIONS) {
    const [alone, both] = [one.get(name) ?? [], two.get(name) ?? []];
    const ratio = median(both.map((value, i) => value / (alone[i] ?? value)));
    console.log(
      `a computing function, ${name.padEnd(5)} two Sats ${median(both).toFixed(0)} req/s · one Sat ${median(alone).toFixed(0)} req/s · ` +
        `ratio ${ratio.toFixed(2)} (goal ${GOAL}) ${ratio >= GOAL ? 'met' : 'missed'}`,
    );
  }
} finally {
  for (const home of HOMES) {
    perigee(home, 'node', 'delete', '--all', '--yes');
    perigee(home, 'reset', '--yes', '--all');
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}

function join(home: Home, listener: number): void {
  const route = `/ip4/127.0.0.1/tcp/${listener}/service/api`;
  const ticket = perigee('cloud', '-q', 'project', 'ticket', '--sat', 'front', '--gateway-route', route);
  perigee(home, 'sat', 'join', ticket, home, '--workers', '1');
}

/** Waits until exactly `sats` different ones answer. */
async function answers(url: string, sats: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    // Connections that were closed while the load ran are seen to be so before the next requests.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const seen = new Set<string>();
    const replies = await Promise.all(Array.from({ length: 16 }, () => fetch(url, { method: 'POST', body: 'x' })));
    for (const reply of replies) if (reply.ok) seen.add(reply.headers.get('x-perigee-sat') ?? '');
    await Promise.all(replies.map((reply) => reply.text()));
    if (seen.size === sats && replies.every(({ ok }) => ok)) return;
  }
  throw new Error(`${sats} Sats did not come to answer`);
}
