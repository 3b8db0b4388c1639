// Packs the project as it would be published, installs the tarball in an empty folder and runs what a user would run first.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const root = path.join(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(os.tmpdir(), 'perigee-package-'));
const run = (command, args, options = {}) =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options });

/** How long the story may take, milliseconds. */
const STORY_MS = 60_000;

/** What a user does with the installed command: a portal through a relay, then functions behind a gateway. */
async function story(env) {
  const startedAt = performance.now();
  const perigee = (...args) => run('node_modules/.bin/perigee', args, { env }).trim();
  const echo = createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  try {
    perigee('-q', 'enroll');
    for (const name of ['far', 'near']) assert.equal(perigee('node', 'create', name), name);
    assert.equal(
      perigee('tcp-outlet', 'create', '--at', 'far', '--to', String(echo.address().port)),
      '/service/outlet',
    );
    assert.equal(perigee('relay', 'create', 'db', '--to', 'far'), '/service/forward_to_db');
    const inlet = perigee('tcp-inlet', 'create', '--at', 'near', '--via', 'db');
    const text = 'by the inlet, the relay and the outlet, and back '.repeat(2000);
    assert.ok((await through(inlet, text)) === text, 'the portal changes what it brings');

    const bundle = path.join(folder, 'node_modules/perigee/examples/demo/modules.wasm.zip');
    perigee('gateway', 'create', '--bundle', bundle, '--http', '127.0.0.1:0');
    const url = JSON.parse(perigee('gateway', 'show', '--jq', '.url', '--output', 'json'));
    const sat = perigee('identity', 'create', 'sat');
    perigee('project-member', 'add', sat, '--attribute', 'perigee-sat=gateway');
    perigee('sat', 'create', 's1', '--identity', 'sat', '--isolation', 'processes', '--workers', '1');
    let answer;
    do {
      await wait(50);
      answer = await fetch(`${url}/greet/package`);
      if (performance.now() - startedAt > STORY_MS) throw new Error(`the Sat answers with ${answer.status}`);
    } while (answer.status === 503);
    assert.deepEqual([answer.status, answer.headers.get('x-perigee-sat')], [200, sat]);
    assert.match(await answer.text(), /^Hello, package/);

    const names = perigee('node', 'list', '--jq', '[.[] | .node_name] | sort', '--compact-output');
    assert.equal(names, '["far","gateway","near","s1"]');
    assert.match(perigee('completion', '--shell', 'bash'), /complete .*perigee/);
  } finally {
    run('node_modules/.bin/perigee', ['reset', '--yes', '--all'], { env });
    echo.close();
  }
  const ms = performance.now() - startedAt;
  if (ms > STORY_MS) throw new Error(`the story took ${Math.round(ms)} ms, more than ${STORY_MS}`);
  process.stdout.write(`a portal and functions by the installed command: ${(ms / 1000).toFixed(1)} s\n`);
}

/** What comes back of `text`. */
async function through(at, text) {
  const [host, port] = at.split(':');
  const socket = connect(Number(port), host);
  let back = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    back += chunk;
    if (back.length >= text.length) socket.destroy();
  });
  socket.write(text);
  await once(socket, 'close');
  return back;
}

try {
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  run('npm', ['run', '--silent', 'build'], { cwd: root });
  run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  run('npm', ['install', '--no-audit', '--no-fund', '--silent', `./${tarball}`]);

  const env = { ...process.env, PERIGEE_HOME: path.join(folder, 'home') };
  const version = run('node_modules/.bin/perigee', ['--version'], { env });
  const { version: expected } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  if (!version.includes(`perigee ${expected}`)) throw new Error(`unexpected version text: ${version}`);

  const entries = JSON.parse(readFileSync(path.join(folder, 'node_modules/perigee/package.json'), 'utf8')).exports;
  for (const entry of Object.keys(entries)) {
    if (entry === './package.json') continue;
    run('node_modules/.bin/node', ['--input-type=module', '-e', `await import('perigee${entry.slice(1)}')`], { env });
  }
  // What docs/library.md shows, against the package as it is published: its types, and what needs no file of the checkout.
  const library = path.join(root, 'examples/library');
  for (const name of readdirSync(library)) cpSync(path.join(library, name), path.join(folder, name));
  const types = [
    '--strict',
    '--noEmit',
    '--skipLibCheck',
    'false',
    '--module',
    'nodenext',
    '--target',
    'esnext',
    '--types',
    'node',
  ];
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  run(process.execPath, [
    tsc,
    ...types,
    '--typeRoots',
    path.join(root, 'node_modules/@types'),
    ...readdirSync(library),
  ]);
  for (const name of ['channel.ts', 'portal.ts', 'credential.ts']) {
    const printed = run('node_modules/.bin/node', [name], { env });
    if (printed.trim() === '') throw new Error(`examples/library/${name} printed nothing`);
  }
  const answer = run('node_modules/.bin/perigee', ['demo', '--once'], { env });
  if (answer.trim() === '') throw new Error('perigee demo --once printed nothing');
  await story(env);
  if (existsSync(path.join(folder, 'node_modules/perigee/src'))) throw new Error('sources were packed');
  process.stdout.write(`the package installs and runs: ${Object.keys(entries).length} entries, ${version.trim()}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
}
