import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { CommandEntry, Entry } from './command.ts';
import { parseLeaf } from './arguments/leaf.ts';
import { ENTRIES } from './commands/index.ts';
import { createStyle } from './output/style.ts';
import { main } from './program.ts';

interface RunOptions {
  readonly tty?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly page?: (text: string) => Promise<boolean>;
}

/** A run in this process, as on a terminal or piped. */
async function run(
  args: readonly string[],
  { tty = false, environment = {}, page }: RunOptions = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  let [stdout, stderr] = ['', ''];
  const code = await main({
    argv: args,
    program: 'perigee',
    environment: { PERIGEE_HOME: '/dev/null/none', ...environment },
    stdin: { isTTY: true },
    stdout: { isTTY: tty, columns: 100, write: (text) => (stdout += String(text)) },
    stderr: { isTTY: tty, write: (text) => (stderr += String(text)) },
    ...(page !== undefined && { page }),
  });
  return { code, stdout, stderr };
}

/** Every command of the index. */
async function* allCommands(
  entries: readonly Entry[] = ENTRIES,
  above: readonly string[] = [],
): AsyncGenerator<{ readonly path: readonly string[]; readonly entry: CommandEntry }> {
  for (const entry of entries) {
    const path = [...above, entry.name];
    if ('load' in entry) yield { path, entry };
    else yield* allCommands(await entry.commands(), path);
  }
}

suite('wrong arguments', () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['nod'], /^error: unrecognized subcommand 'nod'\n\n {2}tip: a similar subcommand exists: 'node'\n/],
    [['node', 'lsit'], /unrecognized subcommand 'lsit'\n\n {2}tip: .*'list'/],
    [['--frob'], /unexpected argument '--frob' found/],
    [['node', 'list', '--frob'], /unexpected argument '--frob' found\n\nUsage: perigee node list/],
    [['node', 'delete', '--al'], /unexpected argument '--al' found\n\n {2}tip: a similar argument exists: '--all'/],
    [['node', 'list', 'extra'], /unexpected argument 'extra' found/],
    [['node', 'delete', 'a', '--all'], /cannot be used with '--all'/],
    [['gateway', 'create'], /required arguments were not provided:\n {2}--bundle <FILE>/],
    [['sat', 'join'], /required arguments were not provided:\n {2}<TICKET>/],
    [['sat', 'run', 'x', '--http-port'], /a value is required for '--http-port <PORT>' but none was supplied/],
    [['sat', 'run', 'x', '--http-port', '99999'], /invalid value '99999' for '--http-port <PORT>': /],
    [['sat', 'run', 'x', '--timeout', '1h30m'], /invalid value '1h30m' for '--timeout <DURATION>': Invalid duration/],
    [['sat', 'run', 'x', '--memory', '1GB'], /invalid value '1GB' for '--memory <SIZE>': /],
    [['sat', 'run', 'x', '--secret', '=v'], /invalid value '=v' for '--secret <NAME=VALUE>': Invalid key=value pair/],
    [['sat', 'run', 'x', '--compat', 'other'], /invalid value 'other' for '--compat <MODE>': /],
    [['sat', 'run', 'x', '--host', 'a', '--host', 'b'], /'--host <ADDRESS>' cannot be used multiple times/],
    [['gateway', 'create', '--bundle', 'x', '--allow', '(= 1'], /invalid value '\(= 1' for '--allow <EXPRESSION>': /],
    [['gateway', 'create', '--bundle', 'x', '--http', 'a:b'], /cannot parse the address as a socket address/],
    [['project', 'ticket', '--gateway-route', '/x'], /required arguments were not provided:\n {2}--sat/],
    [['identity', 'show', '--encoding', 'hex'], /required arguments were not provided:\n {2}--full/],
    [['identity', 'list', '--output', 'xml'], /invalid value 'xml' for '--output <OUTPUT>'/],
    [['identity', 'list', '--output', 'json', '--output=json'], /cannot be used multiple times/],
    [['identity', 'list', '--jq', '.', '--jq=.'], /'--jq <QUERY>' cannot be used multiple times/],
    [['identity', 'list', '--jq'], /a value is required for '--jq <QUERY>' but none was supplied/],
  ];
  for (const [args, words] of wrong) {
    test(`perigee ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await run(args);
      assert.deepEqual([code, stdout], [64, ''], stderr);
      assert.match(stderr, words);
      assert.match(stderr, /\n\nFor more information, try '--help'\.\n$/);
    });
  }
});

test('what a call without arguments means is what the parser says', async () => {
  let compared = 0;
  for await (const { path, entry } of allCommands()) {
    const definition = await entry.load();
    if (definition.bare === undefined) continue;
    const leaf = { name: path.join(' '), summary: entry.summary, argv: [], style: createStyle(false), hidden: false };
    const parsed = await parseLeaf(definition, leaf);
    assert.equal(parsed.help, undefined, path.join(' '));
    if (parsed.help === undefined)
      assert.deepEqual([parsed.options, parsed.args], [definition.bare, []], path.join(' '));
    compared++;
  }
  assert.ok(compared > 20, `${compared} commands say it`);
});

suite('help', () => {
  test('without a command goes to standard error and ends with 64', async () => {
    const { code, stdout, stderr } = await run([]);
    assert.deepEqual([code, stdout], [64, '']);
    assert.match(stderr, /^Services and functions[\s\S]*Usage: perigee \[OPTIONS\] <COMMAND>/);
  });

  test('is coloured on a terminal only, and not against the wish of the user', async () => {
    assert.ok((await run(['--help'], { tty: true })).stdout.includes('\u001b[1;4mUsage:'));
    for (const environment of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      assert.ok(!(await run(['--help'], { tty: true, environment })).stdout.includes('\u001b'));
    }
    assert.ok(!(await run(['--help', '--no-color'], { tty: true })).stdout.includes('\u001b'));
    assert.ok(!(await run(['--help'])).stdout.includes('\u001b'));
  });

  test('of every command can be had, names its arguments, and shows examples that begin with the program', async () => {
    for await (const { path, entry } of allCommands()) {
      const { code, stdout } = await run([...path, '--help']);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`Usage: perigee ${path.join(' ')}`), path.join(' '));
      const { examples = [] } = await entry.load();
      for (const [line] of examples) assert.match(line, /\bperigee\b/, line);
    }
  });

  test('is shown instead of a command that has nothing to work on', async () => {
    for (const path of [
      ['secure-channel', 'list'],
      ['tcp-connection', 'delete'],
      ['message', 'send'],
    ]) {
      const { code, stdout, stderr } = await run(path);
      assert.deepEqual([code, stdout], [64, '']);
      assert.match(stderr, new RegExp(`^Usage: perigee ${path.join(' ')}`));
    }
    assert.equal((await run(['secure-channel', 'list', '-q'])).code, 70, 'any flag is an argument');
  });

  test('goes to the pager on a terminal, and to the streams without one', async () => {
    const shown: string[] = [];
    const paged = { tty: true, page: async (text: string) => shown.push(text) > 0 };
    assert.deepEqual(await run(['node', '--help'], paged), { code: 0, stdout: '', stderr: '' });
    assert.deepEqual(await run(['nod'], paged), { code: 64, stdout: '', stderr: '' });
    assert.match(shown.join('---'), /Usage:[\s\S]*---error: unrecognized subcommand 'nod'/);
    const unpaged = { tty: true, page: async () => false };
    assert.match((await run(['node', '--help'], unpaged)).stdout, /Usage:/);
    assert.match((await run(['nod'], unpaged)).stderr, /^error:/);
    assert.match((await run(['node', '--help'], { ...paged, tty: false })).stdout, /Usage:/);
    assert.equal(shown.length, 2);
  });

  test('shows what is hidden when a variable says so; the old name has the opposite meaning', async () => {
    for (const [environment, expected] of [
      [{ PERIGEE_HELP_SHOW_HIDDEN: 'true' }, true],
      [{ PERIGEE_HELP_SHOW_HIDDEN: '' }, false],
      [{ OCKAM_HELP_SHOW_HIDDEN: 'true' }, false],
      [{ OCKAM_HELP_SHOW_HIDDEN: 'false' }, true],
    ] as const) {
      assert.equal(/^ {2}process /m.test((await run(['--help'], { environment })).stdout), expected);
    }
    const { code, stderr } = await run(['--help'], { environment: { PERIGEE_HELP_SHOW_HIDDEN: 'perhaps' } });
    assert.equal(code, 70);
    assert.match(stderr, /cannot parse the value of the environment variable PERIGEE_HELP_SHOW_HIDDEN/);
  });

  test('shows durations and sizes as they would be typed', async () => {
    assert.match((await run(['project', 'ticket', '-h'])).stdout, /--expires-in .*\(default:\s+10m\)/);
    const { stdout } = await run(['sat', 'run', '-h']);
    for (const text of ['30s', '5s']) assert.ok(stdout.includes(`(default: ${text})`), text);
    for await (const { path } of allCommands()) {
      assert.doesNotMatch(
        (await run([...path, '--help'])).stdout,
        /<(DURATION|SIZE)>.*default:\s+\d{4,}\)/,
        path.join(' '),
      );
    }
  });

  test('says what is a preview, and the long one where there is more', async () => {
    for (const verb of ['list', 'show']) {
      assert.match((await run(['node', verb, '-h'])).stdout, /^\[Preview\]\n\nUsage: perigee node/);
    }
    const { stdout } = await run(['node', 'create', '--help']);
    assert.doesNotMatch(stdout, /\[Preview\]/);
    assert.match(
      stdout,
      /\nLearn More:\n {2}perigee help node .*\n {2}perigee environment .*\n {2}docs\/commands\.md .*\n$/,
    );
    assert.doesNotMatch((await run(['node', 'create', '-h'])).stdout, /Learn More/);
  });

  test('is Markdown when a variable says so', async () => {
    const environment = { PERIGEE_HELP_RENDER_MARKDOWN: 'true' };
    assert.match((await run(['--help'], { environment })).stdout, /^# perigee\n[^]*\| \[node\]\(perigee-node\.md\) \|/);
    const { stdout } = await run(['project', 'ticket', '--help'], { environment });
    assert.match(stdout, /^# perigee project ticket\n[^]*\| `--expires-in <DURATION>` \| .*default 10m/);
  });

  test('hides what is hidden', async () => {
    assert.doesNotMatch((await run(['--help'])).stdout, /^ {2}process /m);
    assert.equal((await run(['process', '--help'])).code, 0);
  });
});

suite('global flags', () => {
  test('are taken anywhere, also together', async () => {
    const together = ['-qv', '--output=json', '--test-argument-parser', 'identity', '--compact-output', 'list'];
    assert.deepEqual(await run(together), { code: 0, stdout: '', stderr: '' });
    assert.equal((await run(['-q', 'identity', '-vv', 'list', '--test-argument-parser'])).code, 0);
  });

  test('may stand in a group with short flags of the command', async () => {
    const grouped = ['node', 'delete', 'n1', '-yqvv', '--test-argument-parser'];
    assert.deepEqual(await run(grouped), { code: 0, stdout: '', stderr: '' });
    const { code, stderr } = await run(['identity', 'list', '-qx']);
    assert.equal(code, 64);
    assert.match(stderr, /^error: unexpected argument '-qx' found/);
    assert.match((await run(['node', '-qh'])).stdout, /^Processes of this machine/);
    assert.match((await run(['node', 'delete', '-yqh'])).stdout, /^Usage: perigee node delete/);
    // What was taken counts: a failure alone is told, and what is said of a deprecated flag is not.
    const loud = await run(['node', 'delete', 'n1', '-yf', '--pretty']);
    assert.match(loud.stderr, /--pretty is deprecated/);
    const quiet = await run(['node', 'delete', 'n1', '-yqf', '--pretty']);
    assert.deepEqual([quiet.code, /deprecated/.test(quiet.stderr)], [70, false]);
  });

  test('wait for a line on standard input only when it is no terminal', async () => {
    const { code, stderr } = await run(['identity', 'show', '/-']);
    assert.equal(code, 64);
    assert.match(stderr, /the argument '\/-' waits for a line on standard input, and there is none/);
  });
});

suite('failures', () => {
  test('show message, causes, remedy and code, and end with 70', async () => {
    const { code, stdout, stderr } = await run(['identity', 'list']);
    assert.deepEqual([code, stdout], [70, '']);
    assert.match(
      stderr,
      /^\n {2}× Failed to initialize local state\n {2}├─▶ the home .* cannot be used\n {2}╰─▶ ENOTDIR.*\n {4}help: .*choose another one with PERIGEE_HOME\n {4}code: CLI_LOCAL_STATE ← NODE_HOME\n {4}Error code: PGE500, version: \d+\.\d+\.\d+\n$/,
    );
  });
});
