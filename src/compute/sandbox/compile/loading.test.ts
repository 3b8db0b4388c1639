import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ECHO, capabilities, echo, env, guest, realClock } from '../../../../test/support/guests.ts';
import { large, leb } from '../../../../test/support/large-guest.ts';
import { assemble } from '../../../../test/support/wasm-engine.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { utf8 } from '../../../kernel/index.ts';
import { CompileThread } from './compile-thread.ts';
import { Sandbox } from '../index.ts';

// Modules are taken in aside, and are warm when their first call comes.

let sandbox: Sandbox;

before(async () => {
  sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 2, minThreads: 2 } });
});

after(() => sandbox.close(1000));

/** A quarter of a second when nothing else uses the processors; other tests may. */
const USABLE_MS = 3000;

test('a module of more than 10 MB is usable soon, and nothing waits for it meanwhile', async () => {
  const bytes = large(11);
  assert.ok(bytes.length > 10 << 20, `${bytes.length} bytes`);
  // The thread is there already: what is measured is the module.
  sandbox.unload(await sandbox.loadAside(padded(echo())));
  let longest = 0;
  let last = performance.now();
  let loading = true;
  const beat = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (loading) setImmediate(beat);
  };
  setImmediate(beat);
  const startedAt = performance.now();
  const module = await sandbox.loadAside(bytes);
  const loadedAt = performance.now();
  loading = false;
  const result = await sandbox.call(module, { capabilities: capabilities(), input: utf8('x') });
  const calledAt = performance.now();
  assert.equal(result.kind, 'output', JSON.stringify(result));
  assert.ok(calledAt - startedAt < USABLE_MS, `${calledAt - startedAt} ms until its first result`);
  assert.ok(longest < (loadedAt - startedAt) / 2, `held up for ${longest} of ${loadedAt - startedAt} ms`);
  sandbox.unload(module);
});

/** `bytes` with a custom section behind them: small modules are not taken in aside. */
function padded(bytes: Uint8Array): Uint8Array {
  const section = new Uint8Array(300 << 10);
  return new Uint8Array(Buffer.concat([bytes, Uint8Array.from([0, ...leb(section.length)]), section]));
}

test('who loads a module cannot lift the bound on its memory', () => {
  const bytes = guest({ pages: 1 });
  const most = sandbox.load(bytes).memory.maxBytes;
  assert.equal(sandbox.load(bytes, { limits: { maxMemoryPages: 65_536 } }).memory.maxBytes, most);
  assert.equal(sandbox.load(bytes, { limits: { maxMemoryPages: 2 } }).memory.maxBytes, 2 * 65_536);
});

test('it is the same module as one that was loaded at once', async () => {
  const parts = { imports: env('return_result', 3, 0), pages: 2, fields: '(table 5 funcref)', run: ECHO };
  const bytes = padded(guest(parts));
  const [aside, atOnce] = [await sandbox.loadAside(bytes), sandbox.load(bytes)];
  const { digest, profile, memory, tableEntries } = atOnce;
  assert.deepEqual(
    [aside.digest, aside.profile, aside.memory, aside.tableEntries],
    [digest, profile, memory, tableEntries],
  );
  for (const module of [aside, atOnce]) {
    const result = await sandbox.call(module, { capabilities: capabilities(), input: utf8('x') });
    assert.deepEqual(result.kind === 'output' && result.output, utf8('x'));
    sandbox.unload(module);
  }
});

test('what is no function is refused as by the other way, and the next one is taken in', async () => {
  const bad = [utf8('not wasm at all'), assemble('(module)'), guest({ imports: env('open_door', 1) })].map(padded);
  const refused = bad.map((bytes) => sandbox.loadAside(bytes).catch((error: unknown) => error));
  const good = sandbox.loadAside(padded(echo()));
  const small = sandbox.loadAside(echo());
  for (const [index, bytes] of bad.entries()) {
    const error = (await refused[index]) as Error & { code?: unknown };
    assert.throws(() => sandbox.load(bytes), { code: error.code, message: error.message, name: error.name });
  }
  sandbox.unload(await good);
  sandbox.unload(await small);
});

test('its bytes may change as soon as it is asked for', async () => {
  const bytes = padded(echo());
  const loading = sandbox.loadAside(bytes);
  bytes.fill(0);
  sandbox.unload(await loading);
});

test('after a load every thread has a place for the first call', async () => {
  const own = await Sandbox.create({ clock: realClock, limits: { threads: 1 } });
  try {
    // A segment outside of the memory traps when an instance is made: the warm one is given up, and the call says what is wrong.
    const broken = await own.loadAside(guest({ fields: '(data (i32.const 65536) "x")' }));
    const fine = await own.loadAside(echo());
    const result = await own.call(broken, { capabilities: capabilities() });
    assert.equal(result.kind === 'failure' && result.code, 'TRAP');
    const other = await own.call(fine, { capabilities: capabilities(), input: utf8('x') });
    assert.deepEqual(other.kind === 'output' && other.output, utf8('x'));
    assert.equal(own.stats().threadsLost, 0);
  } finally {
    await own.close(0);
  }
});

test('the compiler is there while there is something to do, and a little longer', async () => {
  const clock = new VirtualClock();
  const compiler = new CompileThread(clock);
  assert.equal(compiler.running, false);
  await compiler.compile(echo(), 1 << 20, {});
  assert.equal(compiler.running, true);
  await clock.advance(4_000);
  await compiler.compile(echo(), 1 << 20, {});
  await clock.advance(4_999);
  assert.equal(compiler.running, true);
  await clock.advance(1);
  assert.equal(compiler.running, false);
  await compiler.compile(echo(), 1 << 20, {});
  await compiler.close();
  await assert.rejects(compiler.compile(echo(), 1 << 20, {}), { code: 'SANDBOX_CLOSED' });
});

test('a module that takes too long is given up with its thread, and the next one is compiled in another', async () => {
  const clock = new VirtualClock();
  const compiler = new CompileThread(clock);
  // Its thread has not even started when the time is over.
  const slow = compiler.compile(echo(), 1 << 20, {});
  const next = compiler.compile(echo(), 1 << 20, {});
  const refused = assert.rejects(slow, { code: 'SANDBOX_COMPILE', message: /took more than 30000 ms/ });
  await clock.advance(30_000);
  await refused;
  assert.match((await next).digest, /^sha256:/);
  await compiler.close();
});

test('closing ends what is being compiled', async () => {
  const compiler = new CompileThread(new VirtualClock());
  const orders = [compiler.compile(echo(), 1 << 20, {}), compiler.compile(echo(), 1 << 20, {})];
  const refused = orders.map((order) => assert.rejects(order, { code: 'SANDBOX_CLOSED' }));
  await compiler.close();
  await Promise.all(refused);
});
