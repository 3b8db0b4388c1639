/** Commands that need no home, or one that nobody else uses. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { echo } from '../../support/guests.ts';
import type { Example } from './scene.ts';

const DIRECTIVE = `identifier: com.example.echo
appVersion: v1.0.0
atmoVersion: v0.4.8
handlers:
  - type: request
    method: POST
    resource: /echo
    steps:
      - fn: echo
`;

/** Commands of a hosted service: each one says that there is none, and what to use instead. */
const REFUSED: readonly Example[] = [
  ...['add', 'delete', 'list'].map((verb) => refused(`space-admin ${verb}`, /e-mail accounts and need a controller/)),
  ...['accept', 'create', 'list', 'revoke', 'service', 'show'].map((verb) =>
    refused(`share ${verb}`, /invitations need a controller/),
  ),
  refused('subscription show', /subscriptions do not exist/),
  refused('admin subscription', /subscriptions do not exist/),
];

function refused(leaf: string, why: RegExp): Example {
  return { leaf, line: 'x --any y', on: 'aside', code: 70, done: (_scene, { stderr }) => assert.match(stderr, why) };
}

/** In this order. */
export const ASIDE: readonly Example[] = [
  {
    leaf: 'app build',
    on: 'aside',
    line: ({ aside }) => {
      const directory = path.join(aside.directory, 'app');
      mkdirSync(path.join(directory, 'echo'), { recursive: true });
      writeFileSync(path.join(directory, 'echo', '.runnable.yaml'), 'name: echo\nlang: wat\n');
      writeFileSync(path.join(directory, 'echo', 'echo.wasm'), echo());
      writeFileSync(path.join(directory, 'Directive.yaml'), DIRECTIVE);
      return 'app';
    },
    done: ({ aside, note }, { stdout }) => {
      assert.equal(readFileSync(path.join(aside.directory, stdout)).subarray(0, 2).toString(), 'PK');
      note('bundle', stdout);
    },
  },
  {
    leaf: 'app check',
    on: 'aside',
    line: ({ noted }) => `${noted('bundle')} --output json`,
    done: (_scene, { stdout }) => {
      const report = JSON.parse(stdout) as { findings: unknown[]; functions: { name: string }[] };
      assert.deepEqual(report.findings, []);
      assert.equal(report.functions.length, 1);
    },
  },
  {
    leaf: 'sat run',
    on: 'aside',
    line: ({ noted }) => `${noted('bundle')} --workers 1 --stdin`,
    stdin: 'through the sandbox',
    done: (_scene, { stdout }) => assert.equal(stdout, 'through the sandbox'),
  },
  {
    leaf: 'demo',
    on: 'aside',
    line: '--once --sats 1',
    done: (_scene, { stdout, stderr }) => {
      assert.match(stdout, /^Hello, world/);
      assert.match(stderr, /was answered by the Sat I[0-9a-f]{64}/);
    },
  },
  {
    leaf: 'completion',
    on: 'aside',
    line: '--shell bash',
    done: (_scene, { stdout }) => assert.match(stdout, /complete .*perigee/),
  },
  {
    leaf: 'environment',
    on: 'aside',
    line: '--output json',
    done: (_scene, { stdout }) => {
      const names = (JSON.parse(stdout) as { names: string[] }[]).flatMap((row) => row.names);
      assert.ok(names.includes('PERIGEE_HOME') && names.includes('OCKAM_HOME'), names.join(' '));
    },
  },
  {
    leaf: 'markdown',
    on: 'aside',
    line: '--dir pages',
    done: ({ aside }) =>
      assert.match(readFileSync(path.join(aside.directory, 'pages', 'perigee-node-create.md'), 'utf8'), /node create/),
  },
  {
    leaf: 'manpages',
    on: 'aside',
    line: '--dir manual --no-compression',
    done: ({ aside }) => {
      assert.match(readFileSync(path.join(aside.directory, 'manual', 'perigee-node-create.1'), 'utf8'), /\.TH/);
      assert.equal(
        existsSync(path.join(aside.directory, 'manual', 'perigee-markdown.1')),
        false,
        'hidden ones have no page',
      );
    },
  },
  {
    leaf: 'vault seal',
    on: 'aside',
    line: async ({ aside }) => {
      await aside.ok('identity', 'create', 'sealed');
      writeFileSync(path.join(aside.directory, 'key'), 'k'.repeat(48), { mode: 0o600 });
      return '--output json';
    },
    env: ({ aside }) => ({ PERIGEE_KEY_FILE: path.join(aside.directory, 'key') }),
    done: async ({ aside }, { stdout }) => {
      assert.deepEqual(
        (JSON.parse(stdout) as { outcome: string }[]).map(({ outcome }) => outcome),
        ['sealed'],
      );
      const issue = ['credential', 'issue', '--for', `I${'5a'.repeat(32)}`, '--as', 'sealed'];
      assert.equal((await aside.run(issue)).code, 70, 'without the key nothing is signed any more');
      assert.equal((await aside.run(issue, { env: { PERIGEE_KEY_FILE: path.join(aside.directory, 'key') } })).code, 0);
    },
  },
  {
    leaf: 'vault unseal',
    on: 'aside',
    line: '--yes --output json',
    env: ({ aside }) => ({ PERIGEE_KEY_FILE: path.join(aside.directory, 'key') }),
    done: async ({ aside }, { stdout }) => {
      assert.deepEqual(
        (JSON.parse(stdout) as { outcome: string }[]).map(({ outcome }) => outcome),
        ['unsealed'],
      );
      await aside.ok('credential', 'issue', '--for', `I${'5a'.repeat(32)}`, '--as', 'sealed');
    },
  },
  ...REFUSED,
  {
    leaf: 'reset',
    on: 'aside',
    line: '--yes',
    done: async ({ aside }) => {
      assert.deepEqual(await aside.json('identity', 'list'), []);
      assert.deepEqual(
        readdirSync(aside.home).filter((name) => name.startsWith('vault')),
        [],
      );
    },
  },
];
