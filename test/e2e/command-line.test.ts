import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { spawnSync } from 'node:child_process';
import { createPlace, PERIGEE } from './world.ts';

suite('the command line', { concurrency: 2 }, () => {
  const place = createPlace();
  after(place.close);

  test('says its version wherever the flag stands', async () => {
    const { code, stdout } = await place.run(['identity', 'create', '--version']);
    assert.equal(code, 0);
    assert.match(stdout, /^ {4}perigee \d+\.\d+\.\d+\n {4}compiled from: \S+\n$/);
  });

  test('without a command, or with half of one, prints help and ends with 64', async () => {
    for (const args of [[], ['node']]) {
      const { code, stdout, stderr } = await place.run(args);
      assert.equal(code, 64);
      assert.equal(stdout, '');
      assert.match(stderr, /Usage: perigee.*<COMMAND>[\s\S]*Commands:/);
    }
  });

  test('prints help that was asked for, with examples when it is the long one', async () => {
    const short = await place.run(['project', 'ticket', '-h']);
    const long = await place.run(['help', 'project', 'ticket']);
    assert.deepEqual([short.code, long.code], [0, 0]);
    assert.match(short.stdout, /Usage: perigee project ticket \[OPTIONS\]/);
    assert.doesNotMatch(short.stdout, /Examples:/);
    assert.match(long.stdout, /Examples:\n {2}# .*\n {2}\$ perigee project ticket --sat/);
    assert.match((await place.run(['--help'])).stdout, /constellation +Watch Sats/);
    assert.doesNotMatch(long.stdout + (await place.run(['--help'])).stdout, /\n {2}process/);
  });

  test('says what was wrong with the arguments, and ends with 64', async () => {
    const { code, stdout, stderr } = await place.run(['nod']);
    assert.deepEqual([code, stdout], [64, '']);
    assert.match(
      stderr,
      /^error: unrecognized subcommand 'nod'\n\n {2}tip: .*'node'\n\nUsage: perigee \[OPTIONS\] <COMMAND>\n\nFor more information, try '--help'\.\n$/,
    );
  });

  test('takes global flags anywhere and from the environment, and says which value of a variable is wrong', async () => {
    assert.equal((await place.run(['--quiet', 'node', '--output', 'json', 'list'])).stdout, '[]');
    assert.equal((await place.run(['node', 'list'], { env: { QUIET: 'yes', NO_COLOR: '' } })).code, 0);
    const { code, stderr } = await place.run(['node', 'list'], { env: { NO_COLOR: 'perhaps' } });
    assert.equal(code, 64);
    assert.match(stderr, /invalid value 'perhaps' for '--no-color' \[possible values: true, false\]/);
  });

  test('parses only when it is told to', async () => {
    const ended = await place.run(['--test-argument-parser', 'identity', 'delete', '--all', '--yes']);
    assert.deepEqual(ended, { code: 0, stdout: '', stderr: '' });
  });

  test('puts lines of standard input where an argument says so', async () => {
    const { stderr } = await place.run(['identity', 'show', '/-'], { stdin: '/a/b\n' });
    assert.match(stderr, /no identifier found with name "\/a\/b"/);
    const empty = await place.run(['identity', 'show', '/-']);
    assert.equal(empty.code, 64);
    assert.match(empty.stderr, /waits for a line on standard input/);
  });

  test('with -v turns results into log lines', async () => {
    const { stdout, stderr } = await place.run(['-v', 'identity', 'list']);
    assert.match(stdout, /^\d{4}-\S+Z INFO No identities found on this system\.\n\d{4}-\S+Z INFO \[\]\n$/);
    assert.equal(stderr, '');
  });

  test('calls itself ockam under that name', () => {
    const link = path.join(place.directory, 'ockam');
    symlinkSync(PERIGEE, link);
    const { stdout } = spawnSync(process.execPath, [link, 'node', '--help'], { encoding: 'utf8' });
    assert.match(stdout, /Usage: ockam node/);
  });

  test('a home that cannot be used is a failure with a remedy', async () => {
    const { code, stderr } = await place.run(['node', 'list'], { env: { PERIGEE_HOME: '/dev/null/x' } });
    assert.equal(code, 70);
    assert.match(
      stderr,
      /× the home .* cannot be used[\s\S]*help: .*choose another one with PERIGEE_HOME[\s\S]*code: NODE_HOME/,
    );
  });
});
