import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ECHO, capabilities, echo, env, guest, realClock } from '../../../test/support/guests.ts';
import { utf8 } from '../../kernel/index.ts';
import { type CallOptions, type CallResult, DEFAULT_CALL_LIMITS, Sandbox, type SandboxModule } from './index.ts';
import { lowered } from './limits.ts';

// What one call may use, and what its neighbours notice of it: nothing.

const PAGE = 65_536;
let sandbox: Sandbox;
let neighbour: SandboxModule;

before(async () => {
  sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1, memoryBytes: 16 << 20 } });
  neighbour = sandbox.load(echo());
});

after(() => sandbox.close(1000));

/** Runs `module` while a neighbour runs in the same thread, which must not notice. */
async function beside(module: SandboxModule, options: Partial<CallOptions>): Promise<CallResult> {
  const running = sandbox.call(module, { capabilities: capabilities(), ...options });
  const other = await sandbox.call(neighbour, { capabilities: capabilities(), input: utf8('n') });
  assert.equal(other.kind, 'output');
  return running;
}

function codeOf(result: CallResult): string {
  return result.kind === 'failure' ? result.code : result.kind;
}

const BOMB = '(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable';

test('the memory of one call ends where its limit is, and the next call has its own', async () => {
  const bomb = sandbox.load(guest({ run: BOMB }));
  for (const pages of [7, 200, 3, 7]) {
    const result = await beside(bomb, { limits: { memoryBytes: pages * PAGE + 100 } });
    assert.equal(codeOf(result), 'MEMORY_LIMIT');
    assert.equal(result.usage.memoryBytes, pages * PAGE);
  }
  const result = await beside(bomb, { limits: { memoryBytes: 1 << 30 } });
  assert.equal(result.usage.memoryBytes, 16 << 20, 'no call may have more than the sandbox allows');
  sandbox.unload(bomb);
});

test('a guest under a lower limit goes on when it is told that there is no more', async () => {
  const careful = sandbox.load(
    guest({
      imports: env('return_result', 3, 0),
      run: `(if (i32.ne (memory.grow (i32.const 2)) (i32.const -1)) (then unreachable))
        (if (i32.ne (memory.grow (i32.const 1)) (i32.const 1)) (then unreachable)) ${ECHO}`,
    }),
  );
  for (let i = 0; i < 3; i++) {
    assert.equal(codeOf(await beside(careful, { limits: { memoryBytes: 2 * PAGE }, input: utf8('x') })), 'output');
  }
  sandbox.unload(careful);
});

test('memories of calls with different limits do not mix, and those of one limit are used again', async () => {
  const looking = sandbox.load(
    guest({
      imports: env('return_result', 3, 0),
      run: `(if (i32.load (i32.const 300)) (then unreachable)) (i32.store (i32.const 300) (i32.const 1))
        (i32.store8 (i32.const 0) (i32.add (i32.const 48) (i32.ne (memory.grow (i32.const 4)) (i32.const -1))))
        (call $return_result (i32.const 0) (i32.const 1) (local.get $ident))`,
    }),
  );
  for (const [pages, grows] of [
    [3, '0'],
    [5, '1'],
    [3, '0'],
    [256, '1'],
    [3, '0'],
  ] as const) {
    const result = await beside(looking, { limits: { memoryBytes: pages * PAGE } });
    assert.deepEqual(result.kind === 'output' && result.output, utf8(grows), `${pages} pages`);
  }
  sandbox.unload(looking);
});

test('a module that begins with more than the call may have is not run', async () => {
  const large = sandbox.load(guest({ pages: 4, imports: env('return_result', 3, 0), run: ECHO }));
  const refused = await beside(large, { limits: { memoryBytes: 4 * PAGE - 1 } });
  assert.equal(codeOf(refused), 'MEMORY_LIMIT');
  assert.equal(refused.usage.memoryBytes, 0);
  assert.equal(codeOf(await beside(large, { limits: { memoryBytes: 4 * PAGE } })), 'output');
  sandbox.unload(large);
});

test('tables count by what they may become: at once where something grows them', async () => {
  const imports = env('return_result', 3, 0);
  const fixed = sandbox.load(guest({ imports, fields: '(table 10 500 funcref)', run: ECHO }));
  const growing = sandbox.load(
    guest({
      imports,
      fields: '(table $t 10 500 funcref)',
      run: `(drop (table.grow $t (ref.null func) (i32.const 1))) ${ECHO}`,
    }),
  );
  assert.deepEqual([fixed.tableEntries, growing.tableEntries, neighbour.tableEntries], [10, 500, 0]);
  assert.equal(codeOf(await beside(fixed, { limits: { tableEntries: 10 } })), 'output');
  assert.equal(codeOf(await beside(fixed, { limits: { tableEntries: 9 } })), 'MEMORY_LIMIT');
  assert.equal(codeOf(await beside(growing, { limits: { tableEntries: 499 } })), 'MEMORY_LIMIT');
  assert.equal(codeOf(await beside(growing, { limits: { tableEntries: 500 } })), 'output');
  sandbox.unload(fixed);
  sandbox.unload(growing);
});

test('the tables of all guests together leave their thread its heap', async () => {
  const answers: (() => void)[] = [];
  const granted = capabilities({
    cacheGet: () => new Promise((resolve) => answers.push(() => resolve({ ok: true, value: utf8('v') }))),
  });
  // 128 Ki entries are 3 MiB in the heap of the thread: two hundred would be more than it has.
  const hoarding = sandbox.load(
    guest({
      imports: env('cache_get', 3),
      fields: '(table 65536 funcref) (table 65536 externref)',
      run: '(drop (call $cache_get (i32.const 0) (i32.const 4) (local.get $ident)))',
    }),
  );
  const calls = Array.from({ length: 200 }, () => sandbox.call(hoarding, { capabilities: granted }));
  const refused = await Promise.race(calls);
  assert.equal(codeOf(refused), 'OVERLOADED');
  assert.ok(refused.kind === 'failure' && refused.retryAfterSeconds! >= 1);
  assert.equal(codeOf(await sandbox.call(neighbour, { capabilities: capabilities() })), 'output');
  while (sandbox.stats().inFlight > 0) {
    answers.shift()?.();
    await new Promise(setImmediate);
  }
  const codes = (await Promise.all(calls)).map(codeOf);
  assert.equal(codes.filter((code) => code === 'output').length, 48);
  assert.equal(codes.filter((code) => code === 'OVERLOADED').length, 152);
  assert.equal(sandbox.stats().threadsLost, 0);
  assert.equal(
    codeOf(await sandbox.call(hoarding, { capabilities: capabilities() })),
    'output',
    'and there is room again',
  );
  sandbox.unload(hoarding);
});

test('what a function declares only lowers what its host allows', async () => {
  const spinning = sandbox.load(guest({ run: '(loop $l (br $l))' }));
  const limits = { deadlineMs: 5000, cpuMs: 5000 };
  assert.equal(codeOf(await beside(spinning, { limits, declared: { cpuMs: 20 } })), 'CPU_TIME');
  assert.equal(codeOf(await beside(spinning, { limits, declared: { deadlineMs: 20 } })), 'DEADLINE');
  const host = { deadlineMs: 5000, cpuMs: 20 };
  assert.equal(codeOf(await beside(spinning, { limits: host, declared: { cpuMs: 4000 } })), 'CPU_TIME');
  const senseless = { capabilities: capabilities(), declared: { cpuMs: Number.NaN } };
  await assert.rejects(sandbox.call(spinning, senseless), { code: 'SANDBOX_BAD_LIMIT' });
  sandbox.unload(spinning);
  assert.deepEqual(lowered(DEFAULT_CALL_LIMITS, undefined), DEFAULT_CALL_LIMITS);
  assert.deepEqual(lowered(DEFAULT_CALL_LIMITS, { outputBytes: 5, logBytes: 2 ** 40 }), {
    ...DEFAULT_CALL_LIMITS,
    outputBytes: 5,
  });
});

test('the same recursion always ends in STACK, however deep the host is at that time, and leaves no trace', async () => {
  const deep = sandbox.load(
    guest({
      fields: '(func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))',
      run: '(drop (call $deep (i32.const 1)))',
    }),
  );
  for (let i = 0; i < 20; i++) assert.equal(codeOf(await beside(deep, {})), 'STACK');
  sandbox.unload(deep);
});

test('the stacks of guests that wait count in the memory of all', async () => {
  // Sixteen pages of memory: eight guests with one page each, and one more for the stack of each.
  await using small = await Sandbox.create({
    clock: realClock,
    limits: { threads: 1, memoryBytes: 65_536, totalMemoryBytes: 16 * 65_536 },
  });
  const module = small.load(
    guest({
      imports: env('cache_get', 3),
      run: '(drop (call $cache_get (i32.const 0) (i32.const 1) (local.get $ident)))',
    }),
  );
  const gate = Promise.withResolvers<void>();
  const waiting = capabilities({
    cacheGet: async () => {
      await gate.promise;
      return { ok: true, value: Uint8Array.of(1) };
    },
  });
  const calls = Array.from({ length: 12 }, () => small.call(module, { capabilities: waiting }));
  const early = calls.slice(8).map(async (call) => codeOf(await call));
  assert.deepEqual(await Promise.all(early), ['OVERLOADED', 'OVERLOADED', 'OVERLOADED', 'OVERLOADED']);
  gate.resolve();
  assert.deepEqual(
    (await Promise.all(calls.slice(0, 8))).map(codeOf),
    Array.from({ length: 8 }, () => 'output'),
  );
  assert.equal(codeOf(await small.call(module, { capabilities: waiting })), 'output', 'what they had was given back');
});
