import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { ownProcess, processState } from '../process-table/index.ts';
import { launch, type LaunchOptions } from './index.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'perigee-process-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const script = path.join(import.meta.dirname, 'testdata', 'child.mjs');

function options(what: string, signal = new AbortController().signal): LaunchOptions {
  return { command: [script, what, directory], environment: process.env, directory, name: 'the child', signal };
}

/** Processes that run the script with `what` for this test. */
function childrenOf(what: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').endsWith(`${script}\0${what}\0${directory}\0`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Resolves when the process, a child of this one, has ended. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    // Before it is looked for: it may end in between.
    const someChildEnded = once(process, 'SIGCHLD');
    if (!childrenOf('ready').concat(childrenOf('')).includes(pid)) return;
    await someChildEnded;
  }
}

suite('a process in the background', { skip: process.platform !== 'linux', timeout: 60_000 }, () => {
  test('is left alone when it is ready', async () => {
    await launch(options('ready'));
    const [pid] = childrenOf('ready');
    assert.ok(pid);
    process.kill(pid, 'SIGTERM');
    await gone(pid);
  });

  test('passes on why it does not start', async () => {
    await assert.rejects(launch(options('fail')), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'NODE_START_FAILED');
      const cause = error.cause as Error & { code?: string; remedy?: string };
      assert.deepEqual([cause.code, cause.message, cause.remedy], ['NODE_LISTEN', 'no port', 'another one']);
      assert.equal((cause.cause as Error).message, 'inner');
      return true;
    });
  });

  test('that ends while it starts is reported with its last words', async () => {
    await assert.rejects(launch(options('crash')), (error: Error) => {
      assert.match(error.message, /ended while it started, with exit code 1/);
      assert.match((error.cause as Error).message, /Error: last words/);
      return true;
    });
    await assert.rejects(launch(options('exit')), /with exit code 3/);
  });

  test('is ended when nobody wants it any more', async () => {
    const stop = new AbortController();
    const launching = launch(options('', stop.signal));
    stop.abort(new Error('enough'));
    await assert.rejects(launching, /enough/);
    for (const pid of childrenOf('')) await gone(pid);
    await assert.rejects(launch(options('ready', stop.signal)), /enough/);
    assert.deepEqual(childrenOf('ready'), []);
  });

  test('ends with its parent when it is tied to it', async () => {
    // No child of this process: its end shows by that of a connection.
    const server = createServer().listen(path.join(directory, 'life.sock'));
    const connected = once(server, 'connection') as Promise<[Socket]>;
    after(() => server.close());
    const parent = spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      `import { launch } from ${JSON.stringify(path.join(import.meta.dirname, 'index.ts'))};
       await launch({ command: [${JSON.stringify(script)}, 'tied', ${JSON.stringify(directory)}], environment: process.env,
         directory: ${JSON.stringify(directory)}, name: 'x', signal: new AbortController().signal, tied: true });
       console.log('up');
       setInterval(() => undefined, 1000);`,
    ]);
    await once(parent.stdout, 'data');
    assert.equal(childrenOf('tied').length, 1);
    const [life] = await connected;
    parent.kill('SIGKILL');
    await once(life.resume(), 'close');
  });
});

suite('the process table', () => {
  test('knows a process again by number and start', () => {
    const own = ownProcess();
    assert.equal(processState(own), 'running');
    assert.equal(processState({ ...own, startedAt: 'another time' }), 'stopped');
    assert.equal(processState({ pid: 2 ** 22 - 1, startedAt: own.startedAt }), 'stopped');
  });

  test('knows one that ended and was not taken notice of', { skip: process.platform !== 'linux' }, async () => {
    // A shell becomes a program that waits for no child, and only then its child ends: when nothing can come by descriptor 3 any more.
    const shell = spawn('sh', ['-c', 'head -c 1 <&3 >/dev/null & echo $!; exec cat 3<&-'], {
      stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
    });
    const { stdin, stdout, stdio } = shell;
    assert.ok(stdin !== null && stdout !== null);
    const [line] = (await once(stdout, 'data')) as [Buffer];
    const pid = Number(String(line));
    stdin.write('it is cat by now');
    await once(stdout, 'data');
    (stdio[3] as Socket).destroy();
    let stat = '';
    while (!stat.includes(') Z')) {
      stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      await new Promise(setImmediate);
    }
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [boot] = ownProcess().startedAt.split(' ');
    assert.equal(processState({ pid, startedAt: `${boot} ${fields[19]}` }), 'zombie');
    shell.kill('SIGKILL');
  });
});
