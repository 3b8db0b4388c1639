import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { NO_TERMINAL } from './terminal.ts';
import { createPlace, PERIGEE } from './world.ts';

/** Why a shell cannot be tried here; undefined when it can. */
function missing(shell: string): string | undefined {
  return spawnSync(shell, ['--version']).error === undefined ? undefined : `there is no ${shell}`;
}

suite('completion', () => {
  const place = createPlace();
  const environment = {
    PATH: `${place.directory}:${path.dirname(process.execPath)}:${process.env['PATH']}`,
    HOME: place.directory,
    PERIGEE_HOME: place.home,
    TERM: 'xterm',
  };
  before(async () => {
    for (const name of ['perigee', 'ockam']) symlinkSync(PERIGEE, path.join(place.directory, name));
    await place.ok('vault', 'create');
    await place.ok('vault', 'create', 'work');
    await place.ok('identity', 'create', 'alice');
  });
  after(place.close);

  /** What bash offers for the words, the last of which is being written. */
  function offered(program: string, ...words: string[]): readonly string[] {
    const script = [
      `source <(${program} completion --shell bash)`,
      `COMP_WORDS=(${[program, ...words].map((word) => `'${word}'`).join(' ')})`,
      `COMP_CWORD=${words.length}`,
      `_${program}_complete ${program}`,
      `printf '%s\\n' "\${COMPREPLY[@]}"`,
    ].join('\n');
    const { stdout, stderr, status } = spawnSync('bash', ['-c', script], { encoding: 'utf8', env: environment });
    assert.equal(status, 0, stderr);
    return stdout.split('\n').filter((line) => line !== '');
  }

  suite('in bash', { skip: missing('bash') }, () => {
    test('offers commands, flags, values and names', () => {
      assert.deepEqual(offered('perigee', 'constel'), ['constellation']);
      assert.deepEqual(offered('perigee', 'vault', 'mo'), ['move']);
      assert.deepEqual(offered('perigee', 'vault', 'show', ''), ['default', 'work']);
      assert.deepEqual(offered('perigee', 'identity', 'create', '--vault', 'w'), ['work']);
      assert.deepEqual(offered('perigee', 'identity', 'show', 'a'), ['alice']);
      assert.deepEqual(offered('perigee', 'identity', 'show', '--encoding', '=', 'h'), ['hex']);
      assert.deepEqual(offered('perigee', '--version', 'no'), ['node'], 'no version in between');
      assert.deepEqual(offered('perigee', 'message', 'send', '--to', '/-'), [], 'no line of standard input is read');
    });

    test('offers nothing hidden', () => {
      assert.deepEqual(offered('perigee', 'proc'), []);
      assert.deepEqual(offered('perigee', 'node', 'create', '--node-conf'), []);
    });

    test('works under the other name', () => {
      assert.deepEqual(offered('ockam', 'vault', 'mo'), ['move']);
    });

    test('writes on at the tabulator', { skip: NO_TERMINAL }, async () => {
      const shell = spawn('script', ['-qec', 'bash --norc --noprofile -i', '/dev/null'], {
        env: { ...environment, PS1: '$ ' },
      });
      const timer = setTimeout(() => shell.kill('SIGKILL'), 30_000);
      let seen = '';
      const steps: readonly (readonly [string, string])[] = [
        ['$ ', 'source <(perigee completion --shell bash); echo load""ed\r'],
        ['loaded', 'perigee vault sho\t'],
        ['show ', 'wo\t'],
        ['work ', '\r'],
        ['Path:', 'exit\r'],
      ];
      let step = 0;
      let from = 0;
      shell.stdout.setEncoding('utf8').on('data', (piece: string) => {
        seen += piece;
        const [text, keys] = steps[step] ?? [];
        if (text === undefined || keys === undefined || !seen.slice(from).includes(text)) return;
        from = seen.length;
        step++;
        shell.stdin.write(keys);
      });
      await new Promise((resolve) => shell.once('close', resolve));
      clearTimeout(timer);
      assert.equal(step, steps.length, seen);
    });
  });

  test('completes in zsh', { skip: missing('zsh') }, async () => {
    const script = path.join(place.directory, '_perigee');
    writeFileSync(script, await place.ok('completion', '-s', 'zsh'));
    // What the completion system of an interactive shell would do around it.
    const around = `compdef() { true }; compadd() { print -rl -- "$@" }; source ${script}
      words=(perigee vault mo) CURRENT=3; _perigee_complete`;
    const { status, stdout, stderr } = spawnSync('zsh', ['-f', '-c', around], { encoding: 'utf8', env: environment });
    assert.deepEqual([status, stderr], [0, '']);
    assert.deepEqual(stdout.trim().split('\n'), ['-l', '-d', 'shown', '--', 'move']);
  });

  test('completes in fish', { skip: missing('fish') }, () => {
    const script = 'perigee completion --shell fish | source; complete -C "perigee vault mo"';
    const { status, stdout, stderr } = spawnSync('fish', ['-c', script], { encoding: 'utf8', env: environment });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^move\t/);
  });

  suite('in elvish', { skip: missing('elvish') ?? NO_TERMINAL }, () => {
    const LOADED = 'eval (perigee completion --shell elvish | slurp)';
    // Only with a terminal there is something to complete in; what it prints stands between marks, for the shell draws around it.
    const elvish = (lines: readonly string[], keys = '', last?: string): Promise<string> => {
      const rc = path.join(place.directory, 'rc.elv');
      writeFileSync(rc, lines.map((line) => `${line}\n`).join(''));
      const shell = spawn('script', ['-qec', `elvish -rc ${rc}`, '/dev/null'], { env: environment });
      const timer = setTimeout(() => shell.kill('SIGKILL'), 30_000);
      let seen = '';
      let typed = false;
      shell.stdout.setEncoding('utf8').on('data', (piece: string) => {
        seen += piece;
        if (!typed && seen.includes('READY')) {
          typed = true;
          shell.stdin.write(keys);
        }
        if (last !== undefined && seen.includes(last)) shell.kill('SIGTERM');
      });
      return new Promise((resolve) =>
        shell.once('close', () => {
          clearTimeout(timer);
          resolve(seen);
        }),
      );
    };

    test('offers commands, values and names, each with its meaning', async () => {
      const ask = (...words: string[]): string =>
        `echo '<'(str:join , [($edit:completion:arg-completer[perigee] perigee ${words.join(' ')} | each {|one| put $one[stem] })])'>'`;
      const lines = [
        'use str',
        LOADED,
        ask('vault', 'mo'),
        ask('vault', 'show', "''"),
        ask('identity', 'show', 'a'),
        'echo (put ($edit:completion:arg-completer[perigee] perigee vault mo)[display])',
        'exit',
      ];
      const seen = await elvish(lines);
      assert.deepEqual(
        [...seen.matchAll(/<([^<>]*)>\r?\n/g)].map(([, names]) => names),
        ['move', 'default,work', 'alice'],
        seen,
      );
      assert.match(seen, /move {2}\w+/);
    });

    test('writes on at the tabulator', async () => {
      const seen = await elvish([LOADED, 'echo READY'], 'perigee vault sho\tw\t\r', 'Path:');
      assert.match(seen, /Path:/);
    });
  });

  test('knows five shells, and shows help when none is named', async () => {
    const none = await place.run(['completion']);
    assert.deepEqual([none.code, none.stdout], [64, '']);
    assert.match(none.stderr, /--shell <SHELL>/);
    const other = await place.run(['completion', '--shell', 'ksh']);
    assert.equal(other.code, 64);
    assert.match(other.stderr, /invalid value 'ksh' for '--shell <SHELL>'.*bash, elvish, fish, powershell, zsh/);
  });
});
