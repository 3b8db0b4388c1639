import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { NO_TERMINAL, type OnTerminal, runOnTerminal, type TerminalOptions } from './terminal.ts';
import { createPlace } from './world.ts';

const DOWN = '\u001b[B';
const CLEAR_LINE = '\u001b[K';
const CTRL_C = '\u0003';

suite('on a terminal', { skip: NO_TERMINAL }, () => {
  const place = createPlace();
  after(place.close);
  const terminal = (args: readonly string[], options?: TerminalOptions): Promise<OnTerminal> =>
    runOnTerminal(place, args, options);

  test('results are for people, coloured, and end with a newline', async () => {
    await place.ok('vault', 'create');
    const { code, raw, text } = await terminal(['vault', 'list']);
    assert.equal(code, 0);
    assert.match(text, /^\n {4}Vaults\n {4}─{80}\n {2}│ Vault:\n/);
    assert.ok(raw.includes('\u001b[38;2;13;202;240m│'));
    assert.ok(text.endsWith('\n'));
    assert.ok(!(await terminal(['vault', 'list'], { env: { NO_COLOR: '1' } })).raw.includes('\u001b'));
    const json = await terminal(['vault', 'list', '--output', 'json', '--jq', '.[0].vault.name']);
    assert.equal(json.raw, '\u001b[38;2;79;218;184m"default"\u001b[39m\r\n');
  });

  test('lines are as long as the terminal allows', async () => {
    assert.match((await terminal(['vault', 'list'], { columns: 50 })).text, /\n {4}─{46}\n/);
    assert.match((await terminal(['vault', 'list'], { columns: 0 })).text, /\n {4}─{76}\n/);
  });

  test('help and usage errors go to the pager, which gets colours', async () => {
    const help = await terminal(['node', '--help'], { env: { PAGER: 'cat' } });
    assert.equal(help.code, 0);
    assert.match(help.text, /^Processes of this machine\n\nUsage: perigee node/);
    assert.ok(help.raw.includes('\u001b[1;4mUsage:'));
    const wrong = await terminal(['nod'], { env: { PAGER: 'cat' }, suffix: '2>errors' });
    assert.equal(wrong.code, 64);
    assert.match(wrong.text, /^error: unrecognized subcommand 'nod'/);
    assert.equal(readFileSync(path.join(place.directory, 'errors'), 'utf8'), '');
  });

  test('a pager that is not there is done without', async () => {
    const help = await terminal(['node', '--help'], { env: { PAGER: 'no-such-pager' } });
    assert.deepEqual([help.code, help.text.startsWith('Processes of this machine')], [0, true]);
    const wrong = await terminal(['nod'], { env: { PAGER: 'less -R' }, suffix: '2>errors' });
    assert.deepEqual([wrong.code, wrong.text], [64, '']);
    assert.match(readFileSync(path.join(place.directory, 'errors'), 'utf8'), /^error: unrecognized/);
  });

  test('the pager is less, and ends by itself when all fits', async () => {
    const { code, text } = await terminal(['vault', '--help']);
    assert.deepEqual([code, /Usage: perigee vault/.test(text)], [0, true]);
  });

  test('a long text waits for the reader, and the command for the pager', async () => {
    const { code, text } = await terminal(['--help'], { env: { LESS: 'X' }, type: [[/:|\(END\)/, 'q']] });
    assert.deepEqual([code, /Usage: perigee/.test(text)], [0, true]);
  });

  test('no pager when the output is piped', async () => {
    const { code, text } = await terminal(['node', '--help'], { env: { PAGER: '/bin/false' }, suffix: '| cat' });
    assert.deepEqual([code, text.startsWith('Processes of this machine')], [0, true]);
  });

  test('a deletion asks, and an answer decides', async () => {
    await place.ok('vault', 'create', 'v1');
    const no = await terminal(['vault', 'delete', 'v1'], { type: [['[Y/n]', 'n\r']] });
    assert.equal(no.code, 0);
    assert.match(no.text, /^ {2}! Are you sure you want to proceed\? \[Y\/n\] n\n$/);
    const left = await terminal(['vault', 'delete', 'v1'], { type: [['[Y/n]', CTRL_C]] });
    assert.equal(left.code, 0);
    assert.ok((await place.ok('vault', 'list')).includes('v1'));
    const yes = await terminal(['vault', 'delete', 'v1'], { type: [['[Y/n]', '\r']] });
    assert.match(yes.text, /✔ Vault with name v1 has been deleted\n$/);
    assert.ok(!(await place.ok('vault', 'list')).includes('v1'));
  });

  test('nobody is asked with --no-input, --quiet, in an automatic build, or when no answer can be typed', async () => {
    const cases: readonly (readonly [readonly string[], TerminalOptions])[] = [
      [['--no-input'], {}],
      [['--quiet'], {}],
      [[], { env: { CI: 'true' } }],
      [[], { suffix: '</dev/null' }],
    ];
    for (const [flags, options] of cases) {
      const { code, text } = await terminal(['vault', 'delete', 'default', ...flags], options);
      assert.equal(code, 70);
      assert.match(text, /Use --yes to confirm/);
    }
    assert.equal((await terminal(['vault', 'delete', '--no-input'])).text, '');
  });

  test('without a name, several are picked from a list', async () => {
    await place.ok('vault', 'create', 'a1');
    await place.ok('vault', 'create', 'a2');
    const { code, text } = await terminal(['vault', 'delete'], {
      type: [
        ['Select one or more vaults to delete', ' '],
        ['◼', `${DOWN} \r`],
        ['[Y/n]', 'y\r'],
      ],
    });
    assert.equal(code, 0, text);
    assert.match(text, /✔ Vault with name a1 has been deleted\n {2}✔ Vault with name a2 has been deleted\n$/);
    assert.equal(await place.ok('vault', 'list', '--jq', '[.[].vault.name]', '--compact-output'), '["default"]');
  });

  test('none is picked by leaving the list', async () => {
    await place.ok('vault', 'create', 'b1');
    const { code, text } = await terminal(['vault', 'delete'], { type: [['Select one or more', CTRL_C]] });
    assert.equal(code, 0);
    assert.match(text, /> No vaults selected to delete\n$/);
    assert.equal(await place.ok('vault', 'list', '--jq', 'length'), '2');
  });
});

suite('what is there several times, on a terminal', { skip: NO_TERMINAL }, () => {
  const place = createPlace();
  after(place.close);
  const terminal = (args: readonly string[], options?: TerminalOptions): Promise<OnTerminal> =>
    runOnTerminal(place, args, options);

  test('is shown by choice, and without a choice when there is one only', async () => {
    assert.match((await terminal(['identity', 'show'])).text, /> There are no identities to show\n$/);
    const identifier = await place.ok('identity', 'create', 'alice');
    assert.equal((await terminal(['identity', 'show'])).text, `${identifier}\n`);
    const other = await place.ok('identity', 'create', 'bob');
    const { text } = await terminal(['identity', 'show'], { type: [['Select one or more identities', 'a\r']] });
    assert.ok(text.endsWith(`${identifier}\n${other}\n`), text);
    const none = await terminal(['identity', 'show'], { type: [['Select one or more identities', '\r']] });
    assert.match(none.text, /> No identities selected to show\n$/);
    assert.equal(await place.ok('identity', 'show'), identifier, 'the default one, when nobody can be asked');
  });

  test('vaults too', async () => {
    await place.ok('vault', 'create', 'work');
    const { text } = await terminal(['vault', 'show'], { type: [['Select one or more vaults', `${DOWN} \r`]] });
    assert.match(text, /Name: work\n {2,4}Type: External/);
    assert.equal(await place.ok('vault', 'show'), 'default');
  });
});

suite('a project on a terminal', { skip: NO_TERMINAL }, () => {
  const place = createPlace();
  after(place.close);
  const terminal = (args: readonly string[], options?: TerminalOptions): Promise<OnTerminal> =>
    runOnTerminal(place, args, options);

  test('a ticket is a QR code too when there is room, and the ticket stays the result', async () => {
    await place.ok('project', 'create', 'default', 'home');
    const wide = await terminal(['project', 'ticket'], { columns: 200, rows: 100, env: { NO_COLOR: '1' } });
    const lines = wide.text.split('\n').filter((line) => /^ {4}█[█▀▄ ]+█$/.test(line));
    assert.ok(lines.length > 60 && lines.every((line) => line.length === lines[0]?.length), wide.text);
    assert.match(wide.text, /\n[0-9a-f]{1000,}\n$/);
    assert.doesNotMatch((await terminal(['project', 'ticket'])).text, /█/, 'no room');
    const piped = await place.run(['project', 'ticket']);
    assert.doesNotMatch(piped.stdout + piped.stderr, /█/);
  });

  test('a project is deleted by choice, and only on a terminal without its name', async () => {
    for (const name of ['p1', 'p2']) await place.ok('project', 'create', 'default', name);
    const bare = await place.run(['project', 'delete']);
    assert.deepEqual([bare.code, bare.stdout], [64, '']);
    assert.match(bare.stderr, /required arguments were not provided:\n {2}<SPACE_OR_NAME>/);
    const { code, text } = await terminal(['project', 'delete'], {
      type: [
        ['Select one or more projects to delete', `${DOWN} `],
        ['◼', `${DOWN} \r`],
        ['[Y/n]', 'y\r'],
      ],
    });
    assert.equal(code, 0, text);
    assert.match(
      text,
      /✔ Project with name 'p1' has been deleted\.\n {2}✔ Project with name 'p2' has been deleted\.\n$/,
    );
    assert.equal(await place.ok('project', 'list', '--jq', '.[].name'), '"home"');
  });

  test('upper-case digits, as the code has them, enroll', async () => {
    const ticket = await place.ok('project', 'ticket');
    await place.ok('identity', 'create', 'guest');
    await place.ok('project', 'enroll', ticket.toUpperCase(), '--identity', 'guest');
  });

  test('several nodes are shown and stopped by choice, the only stopped one is started', async () => {
    await place.ok('node', 'create', 'n1');
    await place.ok('node', 'create', 'n2');
    const shown = await terminal(['node', 'show'], { type: [['Select one or more nodes to show', 'a\r']] });
    assert.match(shown.text, /n1 \(default\), a node:[^]*n2, a node:/);
    const stopped = await terminal(['node', 'stop'], { type: [['Select one or more nodes to stop', `${DOWN} \r`]] });
    assert.match(stopped.text, /✔ The node with name n2 was stopped\n$/);
    assert.match((await terminal(['node', 'start'])).text, /n2, a node:\n {6}The node is UP/);
    assert.match((await terminal(['node', 'start'])).text, /> All the nodes are already started/);
    const none = await terminal(['tcp-inlet', 'show', 'x', '--at', 'n1']);
    assert.match(none.text, /> There are no TCP inlets to show on node n1\n$/);
  });

  test('a spinner is gone when its work is done', async () => {
    const { raw, text } = await terminal(['node', 'delete', 'n2', '--yes']);
    assert.match(raw, /⠋[^]*Deleting the node n2/);
    assert.ok(raw.includes(`\r${CLEAR_LINE}  `), 'the result begins on a clear line');
    assert.match(text, /✔ The node with name n2 has been deleted\n$/);
    const quiet = await terminal(['node', 'delete', 'n1', '--yes', '--quiet']);
    assert.equal(quiet.text, '  ✔ The node with name n1 has been deleted\n');
  });
});

suite('--jq', () => {
  const place = createPlace();
  after(place.close);

  test('filters the JSON of a result, which keeps its form', async () => {
    await place.ok('vault', 'create');
    assert.equal(await place.ok('vault', 'show', '--jq', '.vault.name'), '"default"');
    assert.equal(
      await place.ok('vault', 'show', '--jq', '{z: 1, a: .vault.is_default}'),
      '{\n  "a": true,\n  "z": 1\n}',
    );
    assert.equal(
      await place.ok('vault', 'list', '--compact-output', '--jq', '.[].vault | .name, {n: .name}'),
      '"default"\n{"n":"default"}',
    );
    assert.equal(await place.ok('vault', 'list', '--output', 'json', '--jq=.[] | error'), '');
    assert.equal(await place.ok('vault', 'show', '--output', 'plain', '--jq', '.vault.name'), 'default');
  });

  test('that is wrong fails before the command does anything', async () => {
    const { code, stdout, stderr } = await place.run(['vault', 'create', 'never', '--jq', '.b, (']);
    assert.deepEqual([code, stdout], [70, '']);
    assert.match(stderr, /× the query of --jq is wrong\n {2}╰─▶ syntax error[\s\S]*code: CLI_JQ/);
    assert.equal((await place.run(['vault', 'show', 'never'])).code, 70);
  });

  test('makes nothing of a command without JSON', async () => {
    assert.deepEqual(await place.run(['identity', 'default', '--jq', '.']).then(({ code, stdout }) => [code, stdout]), [
      0,
      '',
    ]);
  });
});
