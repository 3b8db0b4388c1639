// Packs the project as it would be published, installs the tarball in an empty folder and runs what a user would run first.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(os.tmpdir(), 'perigee-package-'));
const run = (command, args, options = {}) =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options });

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
  if (existsSync(path.join(folder, 'node_modules/perigee/src'))) throw new Error('sources were packed');
  process.stdout.write(`the package installs and runs: ${Object.keys(entries).length} entries, ${version.trim()}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
}
