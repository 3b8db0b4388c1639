import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ECHO, capabilities, echo, env, guest, guestText, realClock } from '../../../test/support/guests.ts';
import { assemble } from '../../../test/support/wasm-engine.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { utf8 } from '../../kernel/index.ts';
import { CompileThread } from './compile-thread.ts';
import { Sandbox } from './index.ts';

// Modules are taken in aside, and are warm when their first call comes.

let sandbox: Sandbox;

before(async () => {
  sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 2, minThreads: 2 } });
});

after(() => sandbox.close(1000));

/** A module of at least `megabytes`: functions of some 660 bytes each, of which the guest calls the last. */
function large(megabytes: number): Uint8Array {
  const count = Math.ceil((megabytes * (1 << 20)) / 660);
  const step = '(local.set 0 (i32.add (i32.mul (local.get 0) (i32.const 1103515245)) (i32.const 12345)))';
  const body = assemble(`(module (func (param i32) (result i32) ${step.repeat(40)} (local.get 0)))`);
  // The code section of one such function, cut out and put in again as often as needed: assembling text takes much longer.
  const one = functionBody(body);
  const base = assemble(
    guestText({
      imports: env('return_result', 3, 0),
      fields: '(func $big (param i32) (result i32) (local.get 0))',
      run: `(drop (call $big (i32.const 1))) ${ECHO}`,
    }),
  );
  return withFunctions(base, one, count);
}

const leb = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
};

function readLeb(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0, position = at; ; shift += 7, position++) {
    const byte = bytes[position] as number;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, position + 1];
  }
}

function sectionsOf(bytes: Uint8Array): { readonly id: number; readonly body: Uint8Array }[] {
  const sections = [];
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at] as number;
    const [size, start] = readLeb(bytes, at + 1);
    sections.push({ id, body: bytes.subarray(start, start + size) });
    at = start + size;
  }
  return sections;
}

/** The one function body of a module, with its length before it. */
function functionBody(bytes: Uint8Array): Uint8Array {
  const code = sectionsOf(bytes).find(({ id }) => id === 10);
  assert.ok(code);
  return code.body.subarray(1);
}

/** `base` with `count` more functions of the type that its function `$big`, the first of its own, has. */
function withFunctions(base: Uint8Array, one: Uint8Array, count: number): Uint8Array {
  const parts: Uint8Array[] = [base.subarray(0, 8)];
  for (const { id, body } of sectionsOf(base)) {
    const grown: Uint8Array[] = [];
    if (id === 3 || id === 10) {
      const [before, start] = readLeb(body, 0);
      const [type] = readLeb(body, start);
      const more = id === 3 ? new Uint8Array(count).fill(type) : new Uint8Array(count * one.length);
      if (id === 10) for (let i = 0; i < count; i++) more.set(one, i * one.length);
      grown.push(Uint8Array.from(leb(before + count)), body.subarray(start), more);
    } else {
      grown.push(body);
    }
    const size = grown.reduce((sum, { length }) => sum + length, 0);
    parts.push(Uint8Array.from([id, ...leb(size)]), ...grown);
  }
  return new Uint8Array(Buffer.concat(parts));
}

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
