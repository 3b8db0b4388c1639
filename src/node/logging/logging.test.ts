import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { getLogger, type LogRecord, resetSync } from '@logtape/logtape';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { CodedError } from '../../kernel/index.ts';
import { newestLog, RotatingFile } from '../log-files/index.ts';
import { setUpLogging } from './index.ts';
import { WarningLimit } from './warning-limit.ts';

const root = mkdtempSync(path.join(tmpdir(), 'perigee-log-'));
after(() => rmSync(root, { recursive: true, force: true }));
const DAY = 86_400_000;

suite('log files', () => {
  test('are written soon, one a day, for their owner only', async () => {
    const directory = path.join(root, 'daily');
    const clock = new VirtualClock();
    const today = new Date(clock.nowMs()).toISOString().slice(0, 10);
    const tomorrow = new Date(clock.nowMs() + DAY).toISOString().slice(0, 10);
    const file = new RotatingFile({ directory, clock, maxBytes: 1024, maxFiles: 10 });
    assert.equal(newestLog(directory), path.join(directory, `stdout.${today}.log`), 'it is there at once');
    file.write('one');
    file.write('two');
    await clock.advance(100);
    const first = path.join(directory, `stdout.${today}.log`);
    assert.equal(readFileSync(first, 'utf8'), 'one\ntwo\n');
    assert.equal(statSync(first).mode & 0o777, 0o600);
    await clock.advance(DAY);
    file.write('three');
    file.close();
    assert.deepEqual(readdirSync(directory).sort(), [`stdout.${today}.log`, `stdout.${tomorrow}.log`]);
    assert.equal(newestLog(directory), path.join(directory, `stdout.${tomorrow}.log`));
  });

  test('are bounded in size and number, over restarts too', () => {
    const directory = path.join(root, 'bounded');
    const options = { directory, clock: new VirtualClock(), maxBytes: 100, maxFiles: 3 };
    for (let restart = 0; restart < 2; restart++) {
      const file = new RotatingFile(options);
      for (let i = 0; i < 10; i++) {
        file.write('x'.repeat(60));
        file.flush();
      }
      file.close();
    }
    const sizes = readdirSync(directory).map((name) => statSync(path.join(directory, name)).size);
    assert.ok(sizes.length <= 3 && sizes.every((size) => size <= 161), String(sizes));
  });

  test('that cannot be written do not end the process, and what is lost is told as soon as it works again', () => {
    const directory = path.join(root, 'lost');
    const file = new RotatingFile({ directory, clock: new VirtualClock(), maxBytes: 1, maxFiles: 3 });
    file.write('first');
    file.flush();
    // The next file cannot be made.
    rmSync(directory, { recursive: true });
    for (const line of ['second', 'third']) {
      file.write(line);
      file.flush();
    }
    mkdirSync(directory);
    file.write('fourth');
    file.flush();
    file.close();
    const text = readFileSync(newestLog(directory) ?? '', 'utf8');
    assert.match(text, /^\S+Z ERROR log: some 2 lines before this one are lost, .*\nfourth\n$/);
  });

  test('are written at once when much waits', () => {
    const directory = path.join(root, 'much');
    const file = new RotatingFile({ directory, clock: new VirtualClock(), maxBytes: 1e9, maxFiles: 3 });
    for (let i = 0; i < 70; i++) file.write('y'.repeat(1000));
    assert.ok(statSync(newestLog(directory) ?? '').size > 60_000);
    file.close();
  });
});

suite('log records', () => {
  after(() => resetSync());
  const lines: string[] = [];
  const log = getLogger(['perigee', 'gateway']);
  const setUp = (format: 'default' | 'json', level: 'info' | 'debug'): void => {
    lines.length = 0;
    setUpLogging({ level, format, write: (line) => lines.push(line) });
  };

  test('are one line each, whatever is in them', () => {
    setUp('default', 'info');
    log.debug('unseen');
    log.warn('{peer} is refused: {error}', { peer: 'I1\nforged', error: new CodedError('A_CODE', 'why\u001b[2J') });
    log.info('x'.repeat(40_000));
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? '', /^\d{4}-\S+Z WARN {2}gateway: I1 forged is refused: A_CODE: why \[2J$/);
    assert.ok((lines[1]?.length ?? 0) < 17_000);
  });

  test('of one kind that a peer can cause at will do not fill the log; others are still there', () => {
    setUp('default', 'info');
    for (let i = 0; i < 5000; i++) log.warn('a message of {peer} was refused', { peer: `I${i}` });
    assert.equal(lines.length, 101);
    assert.match(lines[99] ?? '', /a message of I99 was refused$/);
    assert.match(lines[100] ?? '', /too many of these, .* no more are written: a message of \{peer\} was refused$/);
    log.warn('something else');
    log.error('a message of {peer} was refused', { peer: 'I' });
    assert.equal(lines.length, 103);
  });

  test('of one kind come again after a while', () => {
    const limit = new WarningLimit();
    const at = (timestamp: number): LogRecord => ({
      category: ['perigee', 'node'],
      level: 'warning',
      message: ['x'],
      rawMessage: 'x',
      timestamp,
      properties: {},
    });
    for (let i = 0; i < 200; i++) limit.admit(at(1000));
    assert.equal(limit.admit(at(10_999)), undefined);
    const later = at(11_000);
    assert.equal(limit.admit(later), later);
    // A clock that goes back must not silence the log.
    const before = at(10);
    assert.equal(limit.admit(before), before);
  });

  test('are JSON when asked for', () => {
    setUp('json', 'debug');
    log.debug('{a} done', { a: 1n });
    const { timestamp: _, ...record } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    assert.deepEqual(record, { level: 'debug', target: 'gateway', message: '1 done', a: '1' });
  });
});
