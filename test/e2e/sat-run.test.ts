import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { compileC, compileGo } from '../support/compilers.ts';
import { ECHO, echo, env, guest } from '../support/guests.ts';
import { noDirectories, wasiProgram } from '../support/wasi-guest.ts';
import { createPlace, DEMO_BUNDLE, PERIGEE, type Place, type Running } from './world.ts';

interface Ready {
  readonly digest: string;
  readonly listening: string;
  readonly module: string;
}

const FUNCTIONS_PAGE = readFileSync(path.join(import.meta.dirname, '../../docs/functions.md'), 'utf8');

suite('sat run', { concurrency: 2 }, () => {
  const place = createPlace();
  after(place.close);
  const file = (name: string, content: Uint8Array | string): string => {
    const written = path.join(place.directory, name);
    writeFileSync(written, content);
    return written;
  };

  test('runs a function once with what standard input holds, byte for byte', async () => {
    const module = file('echo.wasm', echo());
    const { code, stdout, stderr } = await place.run(['sat', 'run', '--workers', '1', module, '--stdin'], {
      stdin: 'no newline is added',
    });
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'no newline is added', stderr: '' });
  });

  test('ends with a signal also while it waits for standard input', async () => {
    const module = file('waiting.wasm', echo());
    const child = spawn(process.execPath, [PERIGEE, 'sat', 'run', '--workers', '1', module, '--stdin'], {
      env: { PATH: process.env['PATH'], HOME: place.directory },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = once(child, 'close');
    // More than a pipe holds: once it is written the command reads.
    await new Promise((resolve) => child.stdin?.write(new Uint8Array(1024 * 1024), resolve));
    child.kill('SIGINT');
    assert.deepEqual(await ended, [70, null]);
    assert.match(stderr, /interrupted by SIGINT[\s\S]*code: CLI_INTERRUPTED/);
  });

  test('tells the error of a function, and its failure', async () => {
    const error = guest({
      imports: env('return_error', 4, 0),
      run: '(call $return_error (i32.const 418) (local.get $ptr) (local.get $len) (local.get $ident))',
    });
    const told = await place.run(['sat', 'run', '--workers', '1', file('error.wasm', error), '--stdin'], {
      stdin: 'no coffee',
    });
    assert.equal(told.code, 70);
    assert.deepEqual(JSON.parse(told.stderr), { status: 418, message: 'no coffee' });
    const trap = await place.run(
      ['sat', 'run', '--workers', '1', file('trap.wasm', guest({ run: '(unreachable)' })), '--stdin'],
      {
        stdin: '',
      },
    );
    assert.equal(trap.code, 70);
    const fault = JSON.parse(trap.stderr) as { code: string; stack: string };
    assert.equal(fault.code, 'TRAP');
    assert.match(fault.stack, /^\[2\]:0x[0-9a-f]+$/);
  });

  test('serves a function over HTTP, and finishes what is in flight when it is stopped', async () => {
    const slow = guest({
      imports: env('return_result', 3, 0) + env('log_msg', 4, 0),
      run: `(if (i32.ne (local.get $len) (i32.const 4)) (then ${ECHO} (return)))
        (call $log_msg (local.get $ptr) (local.get $len) (i32.const 3) (local.get $ident))
        (loop $spin (br $spin))`,
    });
    const { server, ready } = await serve(place, [file('slow.wasm', slow), '--cpu-time', '300ms']);
    assert.equal(ready.module, 'slow');
    assert.match(ready.digest, /^sha256:[0-9a-f]{64}$/);
    const echoed = await fetch(`${ready.listening}/any/path?q=1`, { method: 'PUT', body: 'hello' });
    assert.deepEqual([echoed.status, await echoed.text()], [200, 'hello']);
    assert.equal(echoed.headers.get('content-type'), 'application/octet-stream');

    const spinning = fetch(ready.listening, { method: 'POST', body: 'spin' });
    await server.says('slow: spin');
    server.child.kill('SIGTERM');
    const answer = await spinning;
    assert.equal(answer.status, 504);
    assert.equal(((await answer.json()) as { code: string }).code, 'CPU_TIME', 'it ran to its limit');
    assert.equal((await server.ended).code, 0);
    await assert.rejects(fetch(ready.listening));
  });

  test('answers failures with codes and goes on', async () => {
    const picky = guest({
      imports: env('return_result', 3, 0) + env('return_error', 4, 0),
      run: `(if (i32.eq (local.get $len) (i32.const 4)) (then (unreachable)))
        (if (i32.eq (local.get $len) (i32.const 5)) (then
          (call $return_error (i32.const 999999) (local.get $ptr) (local.get $len) (local.get $ident)) (return)))
        (if (i32.ne (local.get $len) (i32.const 0)) (then ${ECHO}))`,
    });
    const { server, ready } = await serve(place, [file('picky.wasm', picky)]);
    const post = async (body: string | Uint8Array): Promise<readonly [number, string]> => {
      const response = await fetch(ready.listening, { method: 'POST', body });
      return [response.status, await response.text()];
    };
    assert.deepEqual(await post('trap'), [500, '{"status":500,"message":"unknown error","code":"TRAP"}']);
    assert.deepEqual(await post('error'), [500, '{"status":500,"message":"error"}'], 'a code that is no status');
    assert.deepEqual(await post(''), [204, ''], 'nothing returned');
    assert.equal((await post(new Uint8Array(11 * 1024 * 1024)))[0], 413);
    assert.deepEqual(await post('still here'), [200, 'still here']);
    server.child.kill('SIGINT');
    const { code, stderr } = await server.ended;
    assert.equal(code, 0);
    assert.match(stderr, /picky failed in request [0-9a-f-]{36}: TRAP: unreachable at \[4\]:0x[0-9a-f]+/);
  });

  test('runs one module of a bundle, with what its Directive grants', async () => {
    const several = await place.run(['sat', 'run', '--workers', '1', DEMO_BUNDLE, '--stdin'], { stdin: '' });
    assert.equal(several.code, 70);
    assert.match(several.stderr, /the bundle has \d+ modules[\s\S]*help: choose one with --fqmn: .*default::slugify/);
    const { code, stdout } = await place.run(
      ['sat', 'run', '--workers', '1', DEMO_BUNDLE, '--fqmn', 'slugify', '--stdin'],
      {
        stdin: '# Hello, World',
      },
    );
    assert.equal(code, 0);
    assert.match(stdout, /^hello-world/);
    const unknown = await place.run(['sat', 'run', '--workers', '1', DEMO_BUNDLE, '--fqmn', 'nothing', '--stdin'], {
      stdin: '',
    });
    assert.match(unknown.stderr, /the bundle has no module "nothing"/);
  });

  suite('what its owner grants of the machine', { skip: noDirectories }, () => {
    const folder = (name: string, files: Readonly<Record<string, string>> = {}): string => {
      const made = path.join(place.directory, name);
      mkdirSync(made);
      for (const [entry, content] of Object.entries(files)) writeFileSync(path.join(made, entry), content);
      return made;
    };
    const once = (stdin: string, ...args: string[]): ReturnType<Place['run']> =>
      place.run(['sat', 'run', '--workers', '1', '--stdin', ...args], { stdin });

    test('a program has the arguments, the variables and the directories that were granted, and no more', async () => {
      const module = file('program.wasm', wasiProgram());
      const fixed = folder('fixed', { name: 'contents' });
      const open = folder('open');
      const { code, stdout, stderr } = await once(
        '',
        module,
        '--wasi-dir',
        `/fixed=${fixed}`,
        '--wasi-dir',
        `/open=${path.relative(place.directory, open)}:rw`,
        '--wasi-arg',
        '--fast',
        '--wasi-env',
        'NAME=a=b',
      );
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
      // The errno of a file that is made: 69 is that of a directory that is only read.
      assert.equal(stdout, 'program\0--fast\0NAME=a=b\0contents\u0045\u0000');
      assert.deepEqual([readdirSync(fixed), readdirSync(open)], [['name'], ['made']]);
      const nothing = await once('', module);
      assert.equal(nothing.code, 70);
      assert.match(nothing.stderr, /"code":"TRAP"/);
    });

    test('what cannot be granted is refused before anything runs', async () => {
      const module = file('refused.wasm', echo());
      const here = place.directory;
      for (const [args, words] of [
        [['--isolation', 'processes', '--wasi-dir', `/data=${here}`], /code: WASI_UNSUPPORTED/],
        [['--wasi-dir', `/data=${here}/none`], /there is no directory[\s\S]*code: NODE_INPUT/],
        [['--wasi-dir', `/data=${module}`], /is no directory[\s\S]*code: NODE_INPUT/],
        [['--wasi-dir', `/data=${here}`, '--wasi-dir', `/data=${here}:rw`], /two directories are granted as "\/data"/],
      ] as const) {
        const { code, stdout, stderr } = await once('in', module, ...args);
        assert.deepEqual([code, stdout], [70, ''], args.join(' '));
        assert.match(stderr, words);
      }
      const isolated = ['--isolation', 'processes', '--wasi-arg', 'one'];
      assert.equal((await once('in', module, ...isolated)).stdout, 'in');
    });

    const source = (language: string): string =>
      new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(FUNCTIONS_PAGE)?.[1] ?? '';

    test('the Go program of docs/functions.md', async (t) => {
      const module = await compileGo(source('go'), 'command');
      if ('missing' in module) return t.skip(module.missing);
      const data = folder('data', { 'stop-words': 'the\nof\n' });
      const args = ['--wasi-dir', `/data=${data}`, '--wasi-arg', 'counted'];
      const { code, stdout } = await once('the end of the line', file('words.wasm', module), ...args);
      assert.deepEqual([code, stdout], [0, '2 words [counted]\n']);
    });

    test('the C program of docs/functions.md', async (t) => {
      const module = await compileC(source('c'), 'command');
      if ('missing' in module) return t.skip(module.missing);
      const visits = folder('visits', { names: 'Grace\n' });
      const args = ['--wasi-dir', `/visits=${visits}:rw`, '--wasi-env', 'GREETING=Hello'];
      const { code, stdout } = await once('Ada', file('visit.wasm', module), ...args);
      assert.deepEqual([code, stdout], [0, 'Hello, Ada\n']);
      assert.equal(readFileSync(path.join(visits, 'names'), 'utf8'), 'Grace\nAda\n');
    });
  });

  const bad: readonly (readonly [string, () => string[], RegExp])[] = [
    ['a file that is not there', () => ['/nowhere.wasm'], /cannot read "\/nowhere.wasm"[\s\S]*NODE_INPUT/],
    ['something that is no module', () => [file('text.wasm', 'hello')], /code: WASM_/],
    ['a module that is cut off', () => [file('cut.wasm', echo().subarray(0, 40))], /code: WASM_/],
    [
      'a module that is no guest',
      () => [file('bare.wasm', Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))],
      /code: (WASM|ABI)_/,
    ],
    ['a bundle that is cut off', () => [file('cut.zip', Uint8Array.of(0x50, 0x4b, 3, 4, 0))], /code: BUNDLE_/],
    ['plain http', () => ['http://example.com/a.wasm'], /is not fetched over plain HTTP/],
    [
      'grants that cannot be read',
      () => [file('e.wasm', echo()), '--capabilities', file('g.yaml', 'http:\n  enabled: maybe\n')],
      /g\.yaml:2:\d+/,
    ],
    [
      'a port that is in use',
      () => [file('f.wasm', echo()), '--host', '203.0.113.7'],
      /cannot listen on "203\.0\.113\.7:0"/,
    ],
    [
      'a secret that is not set',
      () => [file('h.wasm', echo()), '--secret-env', 'NO_SUCH'],
      /NO_SUCH of --secret-env is not set/,
    ],
  ];
  for (const [what, args, words] of bad) {
    test(`refuses ${what}`, async () => {
      const { code, stdout, stderr } = await place.run(['sat', 'run', '--workers', '1', ...args()]);
      assert.equal(code, 70, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, words);
    });
  }
});

async function serve(
  place: Place,
  args: readonly string[],
): Promise<{ readonly server: Running; readonly ready: Ready }> {
  const server = place.start(['sat', 'run', '--workers', '1', ...args]);
  const line = await server.line();
  if (line === undefined) throw new Error((await server.ended).stderr);
  return { server, ready: JSON.parse(line) as Ready };
}
