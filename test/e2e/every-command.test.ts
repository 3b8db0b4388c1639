/**
 * Every command there is, typed as a user types it, in homes that fill up: each one works once and is wrong once. A command without an
 * example of both fails here.
 */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, suite, test } from 'node:test';
import type { Entry } from '../../src/cli/command.ts';
import { ENTRIES } from '../../src/cli/commands/index.ts';
import { ASIDE } from './every-command/aside.ts';
import { ENDINGS } from './every-command/endings.ts';
import { FUNCTIONS } from './every-command/functions.ts';
import { MAKINGS } from './every-command/makings.ts';
import { MISTAKES } from './every-command/mistakes.ts';
import { NODES } from './every-command/nodes.ts';
import { createScene, type Example, runExample, type Scene, wordsOf } from './every-command/scene.ts';
import type { Place } from './world.ts';

/** How many wrong calls run at a time. */
const AT_A_TIME = 6;

suite('every command', { concurrency: 2, timeout: 240_000 }, () => {
  let scene: Scene;
  before(async () => {
    scene = await createScene();
  });
  after(() => scene.close());

  test('has an example, and one of a call that is wrong', async () => {
    const leaves = (await leavesOf(ENTRIES)).sort();
    const examples = [...MAKINGS, ...NODES, ...FUNCTIONS, ...ENDINGS, ...ASIDE].map(({ leaf }) => leaf).sort();
    assert.deepEqual(examples, leaves);
    assert.deepEqual(Object.keys(MISTAKES).sort(), leaves);
  });

  const inOrder = (examples: readonly Example[]): void => {
    for (const example of examples) test(example.leaf, () => runExample(scene, example));
  };
  suite('on one machine and another', { concurrency: 1 }, () => {
    inOrder([...MAKINGS, ...NODES, ...FUNCTIONS]);

    test('wrong calls end with 64 or 70, say what is wrong and what to do, and change nothing', async () => {
      // Members first: asking makes the authority known here.
      const everything = async (): Promise<unknown> => [await membersOf(scene.here), await stateOf(scene.here)];
      const before = await everything();
      const left = Object.entries(MISTAKES);
      const wrong: string[] = [];
      const work = async (): Promise<void> => {
        for (let next = left.pop(); next !== undefined; next = left.pop()) {
          const [leaf, { line, code = 64, says }] = next;
          const ended = await scene.here.run([...wordsOf(leaf), ...wordsOf(line)]);
          const complaint = complaintAbout({ ...ended, expected: code, says });
          if (complaint !== undefined)
            wrong.push(`perigee ${leaf} ${line}: ${complaint}\n${ended.stdout}${ended.stderr}`);
        }
      };
      await Promise.all(Array.from({ length: AT_A_TIME }, work));
      assert.deepEqual(wrong, []);
      assert.deepEqual(await everything(), before);
    });

    inOrder(ENDINGS);
  });

  suite('on its own', { concurrency: 1 }, () => inOrder(ASIDE));
});

/** The words of every command, hidden ones too. */
async function leavesOf(entries: readonly Entry[], words: readonly string[] = []): Promise<string[]> {
  const leaves: string[] = [];
  for (const entry of entries) {
    const own = [...words, entry.name];
    if ('load' in entry) leaves.push(own.join(' '));
    else leaves.push(...(await leavesOf(await entry.commands(), own)));
  }
  return leaves;
}

/** What is not as it should be about how a wrong call ended. */
function complaintAbout(ended: {
  readonly code: number | null;
  readonly expected: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly says: RegExp;
}): string | undefined {
  const { code, expected, stdout, stderr, says } = ended;
  if (code !== expected) return `it ended with ${code}, not ${expected}`;
  if (stdout !== '') return 'it printed a result';
  if (!says.test(stderr)) return `it does not say ${says}`;
  const remedy = expected === 64 ? /try '--help'\./ : /help: |--yes|--all flag/;
  return remedy.test(stderr) ? undefined : 'it does not say what to do';
}

/** All that a home holds and its nodes tell of themselves. */
async function stateOf(place: Place): Promise<unknown> {
  using database = new DatabaseSync(path.join(place.home, 'database.sqlite3'), { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
  const rows = Object.fromEntries(
    tables.map(({ name }) => [name, database.prepare(`SELECT * FROM "${String(name)}"`).all()]),
  );
  const listed = await place.json<{ node_name: string }[]>('node', 'list');
  const nodes = await Promise.all(listed.map(({ node_name: name }) => place.json('node', 'show', name)));
  return {
    rows,
    nodes: nodes.map(withoutTimes),
    files: filesIn(place.directory),
    projects: await place.json('project', 'list'),
  };
}

/** Without clocks, and how long ago something was, which go on by themselves. */
function withoutTimes(value: unknown): unknown {
  const text = JSON.stringify(value, (key, inner: unknown) => (key.endsWith('Ms') ? undefined : inner));
  return JSON.parse(text);
}

async function membersOf(place: Place): Promise<unknown> {
  return [await place.json('project-member', 'list'), await place.json('project-member', 'list', '-p', 'roses')];
}

/** Every file and its size; logs grow, and so do the files that SQLite writes beside a database. */
function filesIn(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !/\.log$|-wal$|-shm$/.test(file))
    .map((file) => `${path.relative(directory, file)} ${statSync(file).isFile() ? statSync(file).size : ''}`)
    .sort();
}
