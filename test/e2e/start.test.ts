import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { LoadedModules } from '../support/loaded-modules.ts';
import { createPlace } from './world.ts';

// What a short command loads is what it takes to start (`docs/hardening.md` §6). Milliseconds are in bench/start.ts.

const PRELOAD = path.join(import.meta.dirname, '..', 'support', 'loaded-modules.ts');

/** Files of the program for reading what a home has, at most. */
const READING = 56;
/** The same with what knows routes or policies. */
const JUDGING = 100;
/** With the parser of arguments, its package and what declares the command. */
const PARSING = 20;

/** Modules of Node that are loaded when all that is in `node:fs` or `node:util` is looked at, and those of `node:crypto`. */
const NEEDLESS = [
  'internal/fs/promises',
  'internal/readline/interface',
  'internal/util/parse_args/parse_args',
  'crypto',
];

suite('a short command', () => {
  const place = createPlace();
  let runs = 0;
  before(async () => {
    await place.ok('identity', 'create', 'alice');
    await place.ok('node', 'create', 'n1');
    await place.ok('node', 'stop', 'n1');
    await place.ok('project', 'create', 'default', 'p1');
    await place.ok('project', 'stop', 'p1');
  });
  after(place.close);

  /** What a command loads that must end well. */
  async function loadedBy(...args: string[]): Promise<LoadedModules> {
    const folder = path.join(place.directory, `loaded-${runs++}`);
    mkdirSync(folder);
    const env = { NODE_OPTIONS: `--import=${PRELOAD}`, PERIGEE_TEST_LOADED: folder };
    const { code, stderr } = await place.run(args, { env });
    assert.equal(code, 0, stderr);
    const [file, ...others] = readdirSync(folder);
    assert.deepEqual(others, [], 'it starts no other process');
    return JSON.parse(readFileSync(path.join(folder, file ?? ''), 'utf8')) as LoadedModules;
  }

  const bare: readonly (readonly [readonly string[], number])[] = [
    [['identity', 'list'], READING],
    [['identity', 'show'], READING],
    [['identity', 'default'], READING],
    [['vault', 'list'], READING],
    [['vault', 'show'], READING],
    [['node', 'list'], READING],
    [['node', 'show'], READING],
    [['node', 'logs'], READING],
    [['node', 'default'], READING],
    [['gateway', 'list'], READING],
    [['project', 'list'], READING],
    [['project', 'show'], READING],
    [['project', 'default'], READING],
    [['project', 'logs'], READING],
    [['space', 'list'], READING],
    [['space', 'show'], READING],
    [['space', 'default'], READING],
    [['credential', 'list'], READING],
    [['policy', 'list'], JUDGING],
    [['policy', 'show'], JUDGING],
    [['project', 'version'], JUDGING],
    [['status'], JUDGING],
    [['--help'], READING],
    [['--version'], READING],
    [['node', '--help'], READING],
    [['environment'], READING],
    [['__complete', 'bash', '--', 'node', 'li'], READING],
  ];
  for (const [args, most] of bare) {
    test(`without arguments loads no parser and no cryptography: ${args.join(' ')}`, async () => {
      const { files, builtins } = await loadedBy(...args);
      const own = ownFiles(files);
      assert.ok(own.length <= most, `${own.length} files:\n${own.join('\n')}`);
      assert.deepEqual(packages(files), []);
      assert.deepEqual(needless(builtins), []);
    });
  }

  const parsed: readonly (readonly string[])[] = [
    ['identity', 'show', 'alice'],
    ['vault', 'show', 'default'],
    ['node', 'show', 'n1'],
    ['node', 'logs', 'n1'],
    ['project', 'show', 'p1'],
    ['space', 'show', 'default'],
    ['project', 'addon', 'list', '--project', 'p1'],
    ['credential', 'list', '--at', 'n1'],
    ['node', 'create', '--help'],
    ['tcp-inlet', 'create', '--help'],
    ['sat', 'run', '--help'],
    ['help', 'authority', 'create'],
    ['__complete', 'bash', '--', 'identity', 'show', ''],
    ['__complete', 'bash', '--', 'sat', 'run', '--'],
  ];
  for (const args of parsed) {
    test(`loads the parser, and no cryptography: ${args.join(' ')}`, async () => {
      const { files, builtins } = await loadedBy(...args);
      const own = ownFiles(files);
      assert.ok(own.length <= READING + PARSING, `${own.length} files:\n${own.join('\n')}`);
      assert.deepEqual(packages(files), ['commander']);
      assert.ok(!builtins.includes('NativeModule crypto'));
    });
  }
});

function ownFiles(files: readonly string[]): readonly string[] {
  return files.filter((file) => file.startsWith('file:') && !file.includes('/node_modules/commander/'));
}

function packages(files: readonly string[]): readonly string[] {
  const names = files.flatMap((file) => {
    const name = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(file)?.[1];
    // The installed command is in such a folder itself.
    return name === undefined || name === 'perigee' ? [] : [name];
  });
  return [...new Set(names)];
}

function needless(builtins: readonly string[]): readonly string[] {
  return NEEDLESS.filter((name) => builtins.includes(`NativeModule ${name}`));
}
