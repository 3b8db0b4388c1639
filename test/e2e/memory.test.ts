import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { echo } from '../support/guests.ts';
import type { LoadedModules } from '../support/loaded-modules.ts';
import { createPlace, PERIGEE, type Running } from './world.ts';

// What a process loads and is started with is what it weighs (`docs/hardening.md` §5).

const PRELOAD = path.join(import.meta.dirname, '..', 'support', 'loaded-modules.ts');
const ENGINE = (
  createRequire(import.meta.url)(path.join(path.dirname(realpathSync(PERIGEE)), 'engine.js')) as {
    readonly engineSettings: () => {
      readonly flags: readonly string[];
      readonly environment: Readonly<Record<string, string>>;
    };
  }
).engineSettings();

suite('memory', { concurrency: 2, skip: process.platform !== 'linux' && 'reads /proc' }, () => {
  const place = createPlace();
  after(place.close);
  const module = path.join(place.directory, 'echo.wasm');
  writeFileSync(module, echo());

  /** Variables that make processes say what they load, and what they have said. */
  const watched = (name: string) => {
    const folder = path.join(place.directory, name);
    mkdirSync(folder);
    return {
      env: { NODE_OPTIONS: `--import=${PRELOAD}`, PERIGEE_TEST_LOADED: folder },
      said: (): readonly LoadedModules[] =>
        readdirSync(folder).map((file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as LoadedModules),
    };
  };

  test('sat run loads no package that it has no use for, and no client of the web', async () => {
    const { env, said } = watched('sat-run');
    await serveOnce(place.start(['sat', 'run', module, '--workers', '1'], { env }));
    const [loaded, ...others] = said();
    assert.deepEqual([loaded?.command.slice(0, 2), others], [['sat', 'run'], []]);
    assert.deepEqual(packages(loaded), ['@logtape/logtape', 'commander', 'valibot']);
    assert.deepEqual(heavy(loaded), []);
  });

  test('a node loads no package that it has no use for, and no client of the web', async () => {
    const { env, said } = watched('node');
    assert.equal((await place.run(['node', 'create', 'light'], { env })).code, 0);
    assert.equal((await place.run(['node', 'stop', 'light'])).code, 0);
    const loaded = said().find(({ command }) => command[0] === 'process');
    assert.deepEqual(packages(loaded), ['@logtape/logtape', 'commander', 'valibot']);
    assert.deepEqual(heavy(loaded), []);
  });

  test('what stays is started with the settings that take less memory, in the process it began as', async () => {
    const running = place.start(['sat', 'run', module, '--workers', '1'], {
      env: { NODE_NO_WARNINGS: '1', MALLOC_ARENA_MAX: '3' },
    });
    await serveOnce(running, () => {
      const { command, environment } = processOf(running.child.pid);
      assert.deepEqual(command.slice(1, 1 + ENGINE.flags.length), ENGINE.flags);
      assert.deepEqual(
        ['MALLOC_ARENA_MAX', 'NODE_NO_WARNINGS'].map((name) => environment.get(name)),
        ['3', '1'],
        'what is set already stays',
      );
    });
    assert.equal((await running.ended).stderr, '');
    assert.equal((await place.run(['node', 'create', 'background'])).code, 0);
    const { pid } = await place.json<{ pid: number }>('node', 'show', 'background', '--output', 'json');
    const { command, environment } = processOf(pid);
    assert.deepEqual(command.slice(1, 1 + ENGINE.flags.length), ENGINE.flags);
    for (const [name, value] of Object.entries(ENGINE.environment)) assert.equal(environment.get(name), value);
  });

  test('compiled code is kept where nobody else can have put it', async () => {
    const name = `perigee-compiled-${process.getuid?.()}`;
    const withFolder = async (make: (folder: string) => void): Promise<string> => {
      const temporary = path.join(place.directory, `tmp-${randomUUID()}`);
      mkdirSync(temporary);
      const folder = path.join(temporary, name);
      make(folder);
      const { code, stderr } = await place.run(['node', 'list'], { env: { TMPDIR: temporary } });
      assert.deepEqual([code, stderr], [0, '']);
      return folder;
    };
    const made = await withFolder(() => {});
    assert.equal(statSync(made).mode & 0o777, 0o700);
    assert.notDeepEqual(readdirSync(made), []);
    const open = await withFolder((folder) => {
      mkdirSync(folder);
      chmodSync(folder, 0o777);
    });
    assert.deepEqual(readdirSync(open), []);
    const elsewhere = path.join(place.directory, 'elsewhere');
    mkdirSync(elsewhere, { mode: 0o700 });
    await withFolder((folder) => symlinkSync(elsewhere, folder));
    assert.deepEqual(readdirSync(elsewhere), []);
  });

  test('who has chosen the size of the young generation keeps it', async () => {
    const own = '--max-semi-space-size=16';
    const running = place.start(['sat', 'run', module, '--workers', '1'], { env: { NODE_OPTIONS: own } });
    await serveOnce(running, () => {
      const { command } = processOf(running.child.pid);
      assert.ok(!command.some((word) => ENGINE.flags.includes(word)), command.join(' '));
    });
  });
});

/** Waits until it serves, has it answer once, looks, and ends it. */
async function serveOnce(running: Running, look: () => void = () => {}): Promise<void> {
  const { listening } = JSON.parse((await running.line()) ?? '{}') as { listening: string };
  const answer = await fetch(listening, { method: 'POST', body: 'x' });
  assert.equal(await answer.text(), 'x');
  look();
  running.child.kill('SIGTERM');
  assert.equal((await running.ended).code, 0);
}

function packages(loaded: LoadedModules | undefined): readonly string[] {
  const names = loaded?.files.flatMap((file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  return [...new Set(names)].filter((name) => name !== 'perigee').toSorted();
}

/** Parts of Node that are several megabytes and come unasked. */
function heavy(loaded: LoadedModules | undefined): readonly string[] {
  assert.ok(loaded !== undefined);
  return loaded.builtins.filter((name) => /undici|http2/.test(name));
}

function processOf(pid: number | undefined): {
  readonly command: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
} {
  const read = (name: string): readonly string[] =>
    readFileSync(`/proc/${pid}/${name}`, 'utf8').split('\0').slice(0, -1);
  const variables = read('environ').map((line): [string, string] => {
    const [name = '', ...value] = line.split('=');
    return [name, value.join('=')];
  });
  return { command: read('cmdline'), environment: new Map(variables) };
}
