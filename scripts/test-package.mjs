// Packs the project as it would be published, installs the tarball in an empty folder and tries it there: its entries, the examples of the
// library, and suites of the checkout with the installed command (`--all`: every suite that starts one).
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const { all } = parseArgs({ options: { all: { type: 'boolean', default: false } } }).values;
const root = path.join(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(os.tmpdir(), 'perigee-package-'));
// Some suites run the command as a user without privileges, who must be able to read it.
chmodSync(folder, 0o755);
const run = (command, args, options = {}) =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options });

/** What the suites of every merge show of the installed command: services behind routers, the stock command, everything by example. */
const SUITES = [
  'test/net/*.test.ts',
  'test/interop/*.test.ts',
  'test/e2e/{constellation,demo,every-command,many-commands,refusals,restart,robustness}.test.ts',
];
/** With `--all`: whatever starts the command, and with the packages that users add for what is optional. */
const ALL = ['test/net/*.test.ts', 'test/interop/*.test.ts', 'test/e2e/*.test.ts'];

/** Runs the suites of the checkout with the command of the package, under the Node that came with it. */
function runSuites(patterns) {
  const startedAt = performance.now();
  const files = globSync(patterns, { cwd: root }).toSorted();
  const startsCommand = (file) => readFileSync(path.join(root, file), 'utf8').includes('/world.ts');
  const started = files.filter(startsCommand);
  if (started.length === 0) throw new Error('no suite starts the command');
  const others = files.filter((file) => !startsCommand(file));
  process.stdout.write(`with the installed command: ${started.join(' ')}\n`);
  if (others.length > 0) process.stdout.write(`skipped, since they do not start the command: ${others.join(' ')}\n`);
  const node = path.join(folder, 'node_modules/.bin/node');
  const command = path.join(folder, 'node_modules/.bin/perigee');
  run(node, ['--test', '--test-reporter=spec', ...started], {
    cwd: root,
    env: { ...process.env, PERIGEE_TEST_COMMAND: command },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  process.stdout.write(`${started.length} suites passed with the installed command in ${seconds} s\n`);
}

try {
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  run('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  run('npm', ['install', '--no-audit', '--no-fund', '--silent', `./${tarball}`]);

  const env = { ...process.env, PERIGEE_HOME: path.join(folder, 'home') };
  const version = run('node_modules/.bin/perigee', ['--version'], { env });
  const {
    version: expected,
    peerDependencies,
    devDependencies,
  } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
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
  if (all) {
    const optional = Object.keys(peerDependencies).map((name) => `${name}@${devDependencies[name]}`);
    run('npm', ['install', '--no-audit', '--no-fund', '--silent', ...optional]);
  }
  runSuites(all ? ALL : SUITES);
  if (existsSync(path.join(folder, 'node_modules/perigee/src'))) throw new Error('sources were packed');
  process.stdout.write(`the package installs and runs: ${Object.keys(entries).length} entries, ${version.trim()}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
}
