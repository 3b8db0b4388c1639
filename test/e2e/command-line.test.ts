import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { spawn, spawnSync } from 'node:child_process';
import { echo } from '../support/guests.ts';
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

  test('logs commands to files of the home when a variable says so, and still prints results', async () => {
    const env = { PERIGEE_LOGGING: 'true' };
    const { code, stdout, stderr } = await place.run(['identity', 'list'], { env });
    assert.deepEqual([code, stdout, stderr], [0, '[]', '']);
    const logOf = (name: string): string => {
      const directory = path.join(place.home, 'commands', name);
      const [file = '', ...more] = readdirSync(directory);
      assert.match(file, /^stdout\.\d{4}-\d{2}-\d{2}\.log$/);
      assert.deepEqual(more, []);
      assert.equal(statSync(path.join(directory, file)).mode & 0o777, 0o600);
      return readFileSync(path.join(directory, file), 'utf8');
    };
    assert.match(
      logOf('identity list'),
      /^\S+Z DEBUG command: identity list begins\n\S+Z DEBUG command: identity list ends\n$/,
    );
    const failed = await place.run(['identity', 'show', 'secret-word'], {
      env: { ...env, PERIGEE_LOG_LEVEL: 'error' },
    });
    assert.equal(failed.code, 70);
    assert.match(logOf('identity show'), /^\S+Z ERROR command: identity show failed: [A-Z_]+\n$/);
    await place.run(['vault', 'list'], { env: { ...env, PERIGEE_LOG_CRATES_FILTER: 'gateway, compute' } });
    assert.equal(logOf('vault list'), '');
    for (const wrong of [{ PERIGEE_LOG_CRATES_FILTER: 'a b' }, { PERIGEE_LOGGING: 'perhaps' }]) {
      const refused = await place.run(['vault', 'list'], { env: { ...env, ...wrong } });
      assert.equal(refused.code, 70);
      assert.match(refused.stderr, /cannot parse the value of the environment variable PERIGEE_LOG/);
    }
  });

  test('says more about itself with more v', async () => {
    const { stdout } = await place.run(['-vvv', 'identity', 'list']);
    assert.match(stdout, /Z DEBUG command: identity list begins\n/);
  });

  test('refuses what a variable asks for that it does not have', async () => {
    const { code, stderr } = await place.run(['tcp-inlet', 'create'], { env: { OCKAM_EBPF: '1' } });
    assert.equal(code, 70);
    assert.match(stderr, /× eBPF portals are not available/);
    const udp = await place.run(['tcp-inlet', 'create', '--udp'], { env: { OCKAM_EBPF: 'off' } });
    assert.match(udp.stderr, /× UDP portals are not available[^]*PERIGEE_RENDEZVOUS_SERVER/);
    assert.equal(await place.ok('node', 'list'), '[]', 'nothing was made');
  });

  test('state that is wanted in PostgreSQL does not land in the home unnoticed', async () => {
    for (const name of ['PERIGEE_POSTGRES_HOST', 'OCKAM_POSTGRES_PORT']) {
      const { code, stdout, stderr } = await place.run(['vault', 'list'], { env: { [name]: '5432' } });
      assert.deepEqual([code, stdout], [70, '']);
      assert.match(stderr, /state cannot be kept in PostgreSQL[^]*help: unset PERIGEE_POSTGRES_HOST/);
    }
  });

  test('calls itself ockam under that name', () => {
    const link = path.join(place.directory, 'ockam');
    symlinkSync(PERIGEE, link);
    const { stdout } = spawnSync(process.execPath, [link, 'node', '--help'], { encoding: 'utf8' });
    assert.match(stdout, /Usage: ockam node/);
  });

  suite('where an older Node starts it', () => {
    // npm puts the Node of the package first.
    const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((one) => !one.includes('node_modules'));
    const env = { ...process.env, PATH: folders.join(path.delimiter), PERIGEE_HOME: place.home };
    const { stdout: version } = spawnSync('node', ['--version'], { encoding: 'utf8', env });
    const isOlder = Number(/^v(\d+)/.exec(version ?? '')?.[1] ?? 99) < 26;
    const options = { skip: !isOlder && 'the Node on the PATH is none or not an older one' };

    test('calls itself ockam under that name', options, () => {
      const folder = mkdtempSync(path.join(place.directory, 'link-'));
      symlinkSync(PERIGEE, path.join(folder, 'ockam'));
      const { stdout } = spawnSync('node', [path.join(folder, 'ockam'), 'node', '--help'], { encoding: 'utf8', env });
      assert.match(stdout, /Usage: ockam node/);
    });

    test('ends when that one is killed', options, async () => {
      const module = path.join(place.directory, 'echo.wasm');
      writeFileSync(module, echo());
      const launcher = spawn('node', [PERIGEE, 'sat', 'run', module, '--workers', '1'], {
        env,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      await once(launcher.stdout, 'data');
      launcher.kill('SIGKILL');
      // Whoever holds the other end of this pipe is not the launcher any more.
      await once(launcher.stdout.resume(), 'close');
    });
  });

  test('a home that cannot be used is a failure with a remedy', async () => {
    const { code, stderr } = await place.run(['node', 'list'], { env: { PERIGEE_HOME: '/dev/null/x' } });
    assert.equal(code, 70);
    assert.match(
      stderr,
      /× Failed to initialize local state\n {2}├─▶ the home .* cannot be used[\s\S]*help: .*choose another one with PERIGEE_HOME[\s\S]*code: CLI_LOCAL_STATE ← NODE_HOME\n {4}Error code: PGE500, version: /,
    );
  });

  test('a home that is damaged says how to begin anew', async () => {
    const home = path.join(place.directory, 'damaged');
    mkdirSync(home);
    writeFileSync(path.join(home, 'database.sqlite3'), 'no database '.repeat(1000));
    const env = { PERIGEE_HOME: home };
    const { code, stderr } = await place.run(['node', 'list'], { env });
    assert.equal(code, 70);
    assert.match(
      stderr,
      /× Failed to initialize local state\n[^]*help: .*'perigee reset' deletes everything in the home[^]*code: CLI_LOCAL_STATE ← STORAGE_/,
    );
    assert.equal((await place.run(['reset', '--yes'], { env })).code, 0);
    assert.equal((await place.run(['node', 'list'], { env })).stdout, '[]');
  });
});

suite('a node and the environment', () => {
  const place = createPlace();
  after(place.close);

  test('in the foreground logs to standard output when a variable says so, results among it', async () => {
    // Made before: what is said until the node begins to run goes to standard error.
    await place.ok('identity', 'create');
    const running = place.start(['node', 'create', 'front', '-f'], { env: { PERIGEE_LOGGING: 'true' } });
    for (let line = await running.line(); !line?.includes('front'); line = await running.line()) {
      assert.match(line ?? 'the end', /^\d{4}-\S+Z [A-Z]+ /);
    }
    running.child.kill('SIGTERM');
    const { code, stdout, stderr } = await running.ended;
    assert.deepEqual([code, stderr], [0, ''], stdout);
    assert.match(stdout, /Z INFO Exit signal received\n[^]*Z INFO Node stopped successfully\n/);
    await place.ok('node', 'delete', 'front', '--yes');
  });

  test('waits as long as a variable says where no flag does', async (t) => {
    const callers: Socket[] = [];
    const silent = createServer((socket) => callers.push(socket)).listen(0, '127.0.0.1');
    t.after(() => {
      silent.close();
      for (const socket of callers) socket.destroy();
    });
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    await place.ok('node', 'create', 'caller');
    const to = `/ip4/127.0.0.1/tcp/${port}/service/api`;
    const { code, stderr } = await place.run(['secure-channel', 'create', '--from', 'caller', '--to', to], {
      env: { PERIGEE_DEFAULT_TIMEOUT: '300ms' },
    });
    assert.equal(code, 70);
    assert.match(stderr, /× the secure channel to .*: no answer within 300 ms\n/);
    const wrong = await place.run(['tcp-inlet', 'list', '--at', 'caller'], { env: { PERIGEE_DEFAULT_TIMEOUT: 'x' } });
    assert.match(wrong.stderr, /cannot parse the value of the environment variable PERIGEE_DEFAULT_TIMEOUT/);
    await place.ok('node', 'delete', 'caller', '--yes');
  });
});
