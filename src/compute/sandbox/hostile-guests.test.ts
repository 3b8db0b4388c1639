import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Arena, createArena, DEADLINE_MS } from '../../../test/support/arena.ts';
import { ECHO, capabilities, echo, env, guest, realClock, wasi } from '../../../test/support/guests.ts';
import { assemble } from '../../../test/support/wasm-engine.ts';
import { utf8 } from '../../kernel/index.ts';
import { type CallResult, Sandbox } from './index.ts';

// Every hostile guest gets a coded failure in time, and twenty neighbours in the same thread complete meanwhile.

/** How far past its limit a guest may run; generous, as other tests may use the same processors. */
const TOLERANCE_MS = 250;

let arena: Arena;
let sandbox: Sandbox;

before(async () => {
  arena = await createArena();
  ({ sandbox } = arena);
});

after(() => arena.close());

const withNeighbours: Arena['run'] = (...call) => arena.runToEnd(...call);
/** For guests that only their deadline ends. */
const toDeadline: Arena['run'] = (...call) => arena.run(...call);

function assertFailure(result: CallResult, code: string): void {
  assert.equal(result.kind === 'failure' ? result.code : result.kind, code, JSON.stringify(result));
}

const SPIN = '(loop $spin (br $spin))';

const endless: readonly (readonly [title: string, bytes: () => Uint8Array])[] = [
  ['an endless loop', () => guest({ run: SPIN })],
  [
    'mutual tail calls',
    () =>
      guest({
        fields: `(func $a (return_call $b)) (func $b (return_call $a))`,
        run: '(call $a)',
      }),
  ],
  [
    'indirect tail calls',
    () =>
      guest({
        fields: `(type $t (func)) (table 1 funcref) (elem (i32.const 0) $a)
          (func $a (return_call_indirect (type $t) (i32.const 0)))`,
        run: '(call $a)',
      }),
  ],
  [
    'a loop over memory.fill',
    () =>
      guest({ pages: 256, run: `(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 16000000)) (br $l))` }),
  ],
  [
    'a loop over memory.copy',
    () =>
      guest({ pages: 256, run: `(loop $l (memory.copy (i32.const 0) (i32.const 64) (i32.const 16000000)) (br $l))` }),
  ],
  ['a start section that does not end', () => guest({ fields: `(func $s ${SPIN}) (start $s)` })],
  ['a _start that does not end', () => guest({ fields: `(func (export "_start") ${SPIN})` })],
  ['an _initialize that does not end', () => guest({ fields: `(func (export "_initialize") ${SPIN})` })],
  ['an init that does not end', () => guest({ fields: `(func (export "init") ${SPIN})` })],
  ['an allocate that does not end', () => guest({ allocate: `${SPIN} (i32.const 0)` })],
  ['an endless loop after the result', () => guest({ imports: env('return_result', 3, 0), run: `${ECHO} ${SPIN}` })],
  [
    'catching everything around the loop and starting again',
    () => guest({ run: `(loop $again (try (do ${SPIN}) (catch_all (br $again))) (br $again))` }),
  ],
  [
    'throwing and catching its own exceptions',
    () =>
      guest({
        fields: '(tag $e)',
        run: `(loop $again (try (do (throw $e)) (catch_all)) (br $again))`,
      }),
  ],
];

for (const [title, bytes] of endless) {
  test(`${title}: ended at the deadline`, async () => {
    const result = await toDeadline(bytes());
    assertFailure(result, 'DEADLINE');
    assert.ok(result.usage.wallMs < DEADLINE_MS + TOLERANCE_MS, `took ${result.usage.wallMs} ms`);
  });
}

test('processor time is counted apart from waiting', async () => {
  const result = await withNeighbours(guest({ run: SPIN }), { cpuMs: 40 });
  assertFailure(result, 'CPU_TIME');
  assert.ok(result.usage.cpuMs >= 40 && result.usage.cpuMs < 40 + TOLERANCE_MS, `${result.usage.cpuMs} ms`);
});

test('many endless guests at once each get their time and end', async () => {
  const spinning = sandbox.load(guest({ run: SPIN }));
  const results = await Promise.all(
    Array.from({ length: 8 }, () =>
      sandbox.call(spinning, { capabilities: capabilities(), limits: { deadlineMs: DEADLINE_MS, cpuMs: 1000 } }),
    ),
  );
  for (const result of results) {
    assertFailure(result, 'DEADLINE');
    assert.ok(result.usage.cpuMs < DEADLINE_MS / 2, `one had ${result.usage.cpuMs} ms of ${DEADLINE_MS}`);
    assert.ok(result.usage.wallMs < DEADLINE_MS + TOLERANCE_MS);
  }
});

const recursion = '(func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))';

test('recursion ends in STACK', async () => {
  assertFailure(await withNeighbours(guest({ fields: recursion, run: '(drop (call $deep (i32.const 1)))' })), 'STACK');
});

test('mutual and indirect recursion end in STACK', async () => {
  const mutual = `(func $a (call $b) (call $b)) (func $b (call $a) (call $a))`;
  assertFailure(await withNeighbours(guest({ fields: mutual, run: '(call $a)' })), 'STACK');
  const indirect = `(type $t (func)) (table 1 funcref) (elem (i32.const 0) $i)
    (func $i (call_indirect (type $t) (i32.const 0)) (call_indirect (type $t) (i32.const 0)))`;
  assertFailure(await withNeighbours(guest({ fields: indirect, run: '(call $i)' })), 'STACK');
});

test('recursion cannot be caught', async () => {
  const catching = `(loop $again (try (do (drop (call $deep (i32.const 1)))) (catch_all)) (br $again))`;
  assertFailure(await withNeighbours(guest({ fields: recursion, run: catching })), 'STACK');
});

test('recursion with a host call at the bottom leaves the host in order', async () => {
  const result = await withNeighbours(
    guest({
      imports: env('log_msg', 4, 0),
      fields: `(func $deep (param $ident i32)
        (call $log_msg (i32.const 0) (i32.const 4) (i32.const 3) (local.get $ident)) (call $deep (local.get $ident)) (call $deep (local.get $ident)))`,
      run: '(call $deep (local.get $ident))',
    }),
    { hostCallsPerSecond: 1_000_000 },
  );
  assertFailure(result, 'STACK');
});

test('memory.grow is refused at the cap; a trap there says so', async () => {
  const bomb = guest({ run: `(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable` });
  const result = await withNeighbours(bomb, { deadlineMs: 5000 });
  assertFailure(result, 'MEMORY_LIMIT');
  assert.equal(result.usage.memoryBytes, 16 << 20);
});

test('a trap is TRAP', async () => {
  assertFailure(await withNeighbours(guest({ run: 'unreachable' })), 'TRAP');
  assertFailure(await withNeighbours(guest({ run: '(drop (i32.load (i32.const -4)))' })), 'TRAP');
  assertFailure(await withNeighbours(guest({ fields: '(tag $e)', run: '(throw $e)' })), 'TRAP');
  assertFailure(await withNeighbours(guest({ allocate: '(i32.const 0x7fffffff)' })), 'TRAP');
  assertFailure(await withNeighbours(guest({ fields: '(data (i32.const 65536) "x")' })), 'TRAP');
});

test('a flood of host calls is ended, of logs and of waiting ones alike', async () => {
  const limits = { hostCallsPerSecond: 500 };
  const logging = guest({
    imports: env('log_msg', 4, 0),
    run: `(loop $l (call $log_msg (i32.const 0) (i32.const 4) (i32.const 3) (local.get $ident)) (br $l))`,
  });
  const flood = await withNeighbours(logging, limits);
  assertFailure(flood, 'HOST_CALL_FLOOD');
  assert.ok(flood.usage.hostCalls < 1500, `${flood.usage.hostCalls} calls`);
  const asking = guest({
    imports: env('cache_get', 3),
    run: `(loop $l (drop (call $cache_get (i32.const 0) (i32.const 4) (local.get $ident))) (br $l))`,
  });
  assertFailure(await withNeighbours(asking, limits), 'HOST_CALL_FLOOD');
  const forging = guest({
    imports: env('cache_get', 3),
    run: `(loop $l (drop (call $cache_get (i32.const 0) (i32.const 4) (i32.const -5))) (br $l))`,
  });
  assertFailure(await withNeighbours(forging, limits), 'HOST_CALL_FLOOD');
  const writing = guest({
    imports: wasi('fd_write', 'i32 i32 i32 i32'),
    run: `(loop $l (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br $l))`,
  });
  assertFailure(await withNeighbours(writing, limits), 'HOST_CALL_FLOOD');
});

test('what a call may log is bounded', async () => {
  const lines: string[] = [];
  const logging = guest({
    imports: env('log_msg', 4, 0) + env('return_result', 3, 0),
    run: `(local.set $n (i32.const 100))
      (loop $l (call $log_msg (i32.const 0) (i32.const 1000) (i32.const 3) (local.get $ident))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) ${ECHO}`,
  });
  const granted = capabilities({ log: (level, line) => lines.push(`${level} ${line.length}`) });
  const result = await withNeighbours(logging, { logBytes: 10_000 }, granted);
  assertFailure(result, 'output');
  assert.deepEqual(
    lines.slice(0, 10),
    Array.from({ length: 10 }, () => 'info 1000'),
  );
  assert.equal(lines.length, 11);
  assert.match(lines[10]!, /^warn /);
});

test('a result that is too large is OUTPUT_TOO_LARGE, and cannot be caught', async () => {
  const large = guest({
    imports: env('return_result', 3, 0),
    pages: 4,
    run: `(try (do (call $return_result (i32.const 0) (i32.const 200000) (local.get $ident))) (catch_all))`,
  });
  assertFailure(await withNeighbours(large, { outputBytes: 100_000 }), 'OUTPUT_TOO_LARGE');
});

test('an end that comes while the guest waits cannot be caught', async () => {
  const reached: string[] = [];
  const clinging = guest({
    imports: env('cache_get', 3) + env('log_msg', 4, 0),
    run: `(loop $again
        (try (do (drop (call $cache_get (i32.const 0) (i32.const 4) (local.get $ident))))
          (catch_all (call $log_msg (i32.const 0) (i32.const 4) (i32.const 1) (local.get $ident)) (br $again))))
      (call $log_msg (i32.const 0) (i32.const 4) (i32.const 1) (local.get $ident))`,
  });
  let aborted: unknown;
  const granted = capabilities({
    log: () => reached.push('the guest went on'),
    cacheGet: (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted = signal.reason;
          reject(signal.reason as Error);
        });
      }),
  });
  const result = await toDeadline(clinging, {}, granted);
  assertFailure(result, 'DEADLINE');
  assert.ok(result.usage.wallMs < DEADLINE_MS + TOLERANCE_MS);
  assert.ok(aborted instanceof Error, 'the capability was told');
  assert.deepEqual(reached, []);
});

test('host functions as exports of the guest', async () => {
  const imports = env('cache_get', 3) + env('return_result', 3, 0);
  const text = (run: string): string => `(module ${imports} (memory (export "memory") 1)
    (func (export "allocate") (param i32) (result i32) (i32.const 64)) (export "run_e" (func ${run})))`;
  const result = await withNeighbours(assemble(text('$return_result')));
  assertFailure(result, 'output');
});

test('results that come too late or under a false name do not count', async () => {
  const forged = guest({
    imports: env('return_result', 3, 0) + env('return_error', 4, 0),
    run: `(call $return_result (i32.const 0) (i32.const 4) (i32.add (local.get $ident) (i32.const 1)))
      (call $return_error (i32.const 5) (i32.const 0) (i32.const 0) (local.get $ident))
      (call $return_result (i32.const 0) (i32.const 4) (local.get $ident))`,
  });
  const result = await withNeighbours(forged);
  assert.deepEqual(result.kind === 'guest-error' && [result.code, result.message], [5, '']);

  const early = guest({
    imports: env('return_result', 3, 0),
    fields: `(func (export "init") (local $i i32)
      (loop $l (call $return_result (i32.const 0) (i32.const 1) (local.get $i))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000)))))`,
  });
  const nothing = await withNeighbours(early);
  assert.equal(nothing.kind === 'output' && nothing.output, undefined);
});

test('a trap after a result loses it, after an error the error stays', async () => {
  const imports = env('return_result', 3, 0) + env('return_error', 4, 0) + env('return_abort', 7, 0);
  assertFailure(await withNeighbours(guest({ imports, run: `${ECHO} unreachable` })), 'TRAP');
  const error = await withNeighbours(
    guest({
      imports,
      run: `(call $return_error (i32.const 7) (local.get $ptr) (local.get $len) (local.get $ident)) unreachable`,
    }),
  );
  assert.deepEqual(error.kind === 'guest-error' && [error.code, error.message], [7, 'in']);
  const abort = await withNeighbours(
    guest({
      imports,
      run: `(call $return_abort (local.get $ptr) (local.get $len) (local.get $ptr) (local.get $len)
        (i32.const 1) (i32.const 2) (local.get $ident)) unreachable`,
    }),
  );
  assert.deepEqual(abort.kind === 'guest-error' && [abort.code, abort.message], [
    -1,
    'runnable abort: in; file: in, line: 1, col: 2',
  ]);
});

test('a deallocate that traps is ignored, one that does not end is ended', async () => {
  const text = (body: string): string => `(module ${env('return_result', 3, 0)} (memory (export "memory") 1)
    (func (export "allocate") (param i32) (result i32) (i32.const 64)) (func (export "deallocate") (param i32) ${body})
    (func (export "run_e") (param $ptr i32) (param $len i32) (param $ident i32) ${ECHO}))`;
  const ignored = await withNeighbours(assemble(text('unreachable')));
  assert.deepEqual(ignored.kind === 'output' && ignored.output, utf8('in'));
  assertFailure(await toDeadline(assemble(text(SPIN))), 'DEADLINE');
});

test('a guest that has no room left in its thread is MEMORY_LIMIT or OVERLOADED, others are not', async () => {
  const small = await Sandbox.create({
    clock: realClock,
    limits: { threads: 1, memoryBytes: 16 << 20, totalMemoryBytes: 20 << 20 },
  });
  try {
    const growing = small.load(
      guest({
        imports: env('return_result', 3, 0),
        run: `(drop (memory.grow (i32.const 200))) ${SPIN}`,
      }),
    );
    const big = small.load(guest({ pages: 200, imports: env('return_result', 3, 0), run: ECHO }));
    const tiny = small.load(echo());
    const grown = [growing, growing].map((module) =>
      small.call(module, { capabilities: capabilities(), limits: { deadlineMs: 300, cpuMs: 1000 } }),
    );
    const codes = (await Promise.all(grown)).map((result) => result.kind === 'failure' && result.code);
    assert.deepEqual(new Set(codes), new Set(['DEADLINE', 'MEMORY_LIMIT']));
    const holding = small.call(growing, { capabilities: capabilities(), limits: { deadlineMs: 300, cpuMs: 1000 } });
    // Its slices come first: by the time the others start, it holds its memory.
    await small.call(tiny, { input: utf8('x'), capabilities: capabilities() });
    const refused = await small.call(big, { input: utf8('x'), capabilities: capabilities() });
    assertFailure(refused, 'OVERLOADED');
    assert.ok(refused.kind === 'failure' && refused.retryAfterSeconds! >= 1);
    assertFailure(await small.call(tiny, { input: utf8('x'), capabilities: capabilities() }), 'output');
    assertFailure(await holding, 'DEADLINE');
    assertFailure(await small.call(big, { input: utf8('x'), capabilities: capabilities() }), 'output');
  } finally {
    await small.close(0);
  }
});
