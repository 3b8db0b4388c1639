import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ENTRIES } from '../commands/index.ts';
import { completionAnswer } from './answer.ts';
import { candidatesFor } from './candidates.ts';
import type { NamesOf } from './names.ts';
import { completionScript, SHELLS } from './scripts.ts';

const names: NamesOf = async (kind, at) => [`${kind}-1`, `${kind}-2${at === undefined ? '' : `-at-${at}`}`];

async function values(...words: string[]): Promise<readonly string[]> {
  return (await candidatesFor(words, { entries: ENTRIES, names })).map(({ value }) => value);
}

suite('what can stand at the cursor', () => {
  const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
    [['nod'], ['node']],
    [['hel'], ['help']],
    [['help', 'nod'], ['node']],
    [
      ['-q', '--output', 'json', 'node', 'st'],
      ['start', 'stop'],
    ],
    [
      ['node', 'show', ''],
      ['node-1', 'node-2'],
    ],
    [['node', 'show', '--quiet', 'node-2'], ['node-2']],
    [['node', 'show', 'node-1', ''], []],
    [['node', 'create', ''], []],
    [
      ['vault', 'delete', '-y', ''],
      ['vault-1', 'vault-2'],
    ],
    [
      ['tcp-inlet', 'show', '--at', 'n1', ''],
      ['inlet-1', 'inlet-2-at-n1'],
    ],
    [
      ['tcp-inlet', 'show', '--at=/node/n1', ''],
      ['inlet-1', 'inlet-2-at-n1'],
    ],
    [
      ['tcp-inlet', 'show', '--at', ''],
      ['node-1', 'node-2'],
    ],
    [
      ['secure-channel', 'create', '--identity', ''],
      ['identity-1', 'identity-2'],
    ],
    [['secure-channel', 'create', '--to', ''], []],
    [['identity', 'show', '--enc'], ['--encoding']],
    [
      ['identity', 'show', '--encoding', ''],
      ['plain', 'hex'],
    ],
    [['identity', 'show', '--encoding=h'], ['--encoding=hex']],
    [
      ['identity', 'show', '--output', ''],
      ['json', 'plain'],
    ],
    [['--output=p'], ['--output=plain']],
    [['--jq', ''], []],
    [['node', 'show', '--', '--qui'], []],
    [['frobnicate', ''], []],
    [['node', 'frobnicate', ''], []],
  ];
  for (const [words, expected] of cases) {
    test(words.join(' ') || '(nothing)', async () => assert.deepEqual(await values(...words), expected));
  }

  test('are all visible groups when nothing is written yet, and no hidden ones', async () => {
    const all = await values('');
    for (const { name, hidden } of ENTRIES) assert.equal(all.includes(name), hidden !== true, name);
  });

  test('are no hidden flags', async () => {
    const flags = await values('node', 'create', '--');
    assert.ok(flags.includes('--foreground') && flags.includes('--quiet'));
    assert.ok(!flags.includes('--node-config') && !flags.includes('--test-argument-parser'));
  });

  test('never fail, whatever is written', async () => {
    const words = ['', '-', '--', '=', '--=', '--output', '--at', 'node', 'show', '/-', '\u0000', 'x'.repeat(5000)];
    for (const first of words) {
      for (const second of words) for (const third of words) await values(first, second, third);
    }
  });
});

suite('an answer to a shell', () => {
  const place = { entries: ENTRIES, environment: { PERIGEE_HOME: '/dev/null/none' } };

  test('has meanings where they are shown', async () => {
    assert.equal(await completionAnswer(['zsh', '--', 'vault', 'mo'], place), 'move\tMove the file of a vault\n');
    assert.equal(await completionAnswer(['bash', '--', 'vault', 'mo'], place), 'move\n');
  });

  test('knows that bash takes an equals sign for a word', async () => {
    const flag = ['identity', 'show', '--encoding'];
    assert.equal(await completionAnswer(['bash', '--', ...flag, '='], place), 'plain\nhex\n');
    assert.equal(await completionAnswer(['bash', '--', ...flag, '=', 'h'], place), 'hex\n');
    assert.equal(await completionAnswer(['bash', '--', ...flag, '=', 'hex', '--ful'], place), '--full\n');
  });

  test('knows the mark of PowerShell', async () => {
    assert.match(await completionAnswer(['powershell', '--', 'vault', '='], place), /^create\t/);
    assert.match(await completionAnswer(['powershell', '--', 'vault', '=mo'], place), /^move\t/);
  });

  test('has no names without a home, and makes none', async () => {
    assert.equal(await completionAnswer(['bash', '--', 'node', 'show', ''], place), '');
  });

  test('is asked for by the name of the program', () => {
    for (const shell of SHELLS) assert.match(completionScript(shell, 'ockam'), /ockam/);
    for (const shell of SHELLS) assert.doesNotMatch(completionScript(shell, 'ockam'), /perigee/);
  });
});
