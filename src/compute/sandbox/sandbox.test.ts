import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ECHO, capabilities, echo, env, guest, realClock } from '../../../test/support/guests.ts';
import { assemble, engine } from '../../../test/support/wasm-engine.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { fromUtf8, utf8 } from '../../kernel/index.ts';
import type { FunctionRequest } from '../abi/index.ts';
import type { CallCapabilities, CapabilityAnswer } from '../capability/index.ts';
import { type CallOptions, type CallResult, Sandbox } from './index.ts';

let sandbox: Sandbox;

before(async () => {
  sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 2, minThreads: 2, concurrency: 8, queue: 4 } });
});

after(() => sandbox.close(1000));

const nothing = capabilities();

function request(changes: Partial<FunctionRequest> = {}): FunctionRequest {
  return {
    method: 'POST',
    url: '/hello?x=1',
    id: 'f0a1',
    body: utf8('{"name":"Ada"}'),
    headers: new Map([['x-in', 'header']]),
    params: new Map([['p', 'param']]),
    state: new Map([['s', utf8('state')]]),
    responseHeaders: new Map([['old', 'one']]),
    ...changes,
  };
}

async function run(bytes: Uint8Array, options: Partial<CallOptions> = {}): Promise<CallResult> {
  const module = sandbox.load(bytes);
  try {
    return await sandbox.call(module, { capabilities: nothing, ...options });
  } finally {
    sandbox.unload(module);
  }
}

function outputOf(result: CallResult): string | undefined {
  assert.equal(result.kind, 'output', JSON.stringify(result));
  return result.kind === 'output' && result.output !== undefined ? fromUtf8(result.output) : undefined;
}

function codeOf(result: CallResult): string {
  return result.kind === 'failure' ? result.code : result.kind;
}

/** Text `at` bytes into the memory. */
function data(at: number, text: string): string {
  return `(data (i32.const ${at}) "${text.replaceAll('"', '\\"')}")`;
}

/** `(local.set $n (call …))`, then fetches the pending value and returns it. */
function fetchAndReturn(call: string): string {
  return `(local.set $n ${call})
    (if (i32.lt_s (local.get $n) (i32.const 0)) (then (local.set $n (i32.sub (i32.const 0) (local.get $n)))))
    (drop (call $get_ffi_result (i32.const 4096) (local.get $ident)))
    (call $return_result (i32.const 4096) (local.get $n) (local.get $ident))`;
}

const RETURNING = env('return_result', 3, 0) + env('get_ffi_result', 2);

test('the input comes back, with what it took', async () => {
  const result = await run(echo(), { input: utf8('hello') });
  assert.equal(outputOf(result), 'hello');
  assert.deepEqual(result.kind === 'output' && [result.changes, result.responseHeaders.size], [undefined, 0]);
  const { cpuMs, wallMs, queueMs, memoryBytes, hostCalls } = result.usage;
  assert.ok(cpuMs > 0 && wallMs > 0 && queueMs >= 0 && wallMs >= queueMs);
  assert.deepEqual([memoryBytes, hostCalls], [65_536, 1]);
});

test('nothing reported is a nil output, an empty report an empty one', async () => {
  assert.equal(outputOf(await run(guest({ run: '' }))), undefined);
  assert.equal(outputOf(await run(echo())), '');
  assert.equal(outputOf(await run(echo(), { input: new Uint8Array(0) })), '');
});

test('an error of the guest is a value', async () => {
  const result = await run(
    guest({
      imports: env('return_error', 4, 0),
      run: '(call $return_error (i32.const 404) (local.get $ptr) (local.get $len) (local.get $ident))',
    }),
    { input: utf8('no such thing') },
  );
  assert.deepEqual(result.kind === 'guest-error' && [result.code, result.message], [404, 'no such thing']);
});

test('a large input and output pass', async () => {
  const input = new Uint8Array(900_000).map((_, i) => i % 251);
  const result = await run(guest({ imports: env('return_result', 3, 0), pages: 16, run: ECHO }), { input });
  assert.deepEqual(result.kind === 'output' && result.output, input);
});

test('the body of a request is the input', async () => {
  assert.equal(outputOf(await run(echo(), { request: request() })), '{"name":"Ada"}');
});

test('a guest reads its request', async () => {
  for (const [type, key, expected] of [
    [0, 'method', 'POST'],
    [0, 'id', 'f0a1'],
    [1, 'name', 'Ada'],
    [2, 'X-In', 'header'],
    [3, 'p', 'param'],
    [4, 's', 'state'],
    [5, 'x', '1'],
    [9, 'x', 'unknown field type 9'],
  ] as const) {
    const reading = guest({
      imports: RETURNING + env('request_get_field', 4),
      fields: data(64, key),
      run: fetchAndReturn(
        `(call $request_get_field (i32.const ${type}) (i32.const 64) (i32.const ${key.length}) (local.get $ident))`,
      ),
    });
    assert.equal(outputOf(await run(reading, { request: request() })), expected);
  }
});

test('what a guest changes in its request comes back, and the caller’s request stays', async () => {
  const writing = guest({
    imports: env('request_set_field', 6) + env('resp_set_header', 5, 0) + env('return_result', 3, 0),
    fields: data(64, 'methodPUTbodynews!X-Out1namehi'),
    run: `
      (drop (call $request_set_field (i32.const 0) (i32.const 64) (i32.const 6) (i32.const 70) (i32.const 3) (local.get $ident)))
      (drop (call $request_set_field (i32.const 4) (i32.const 80) (i32.const 1) (i32.const 81) (i32.const 1) (local.get $ident)))
      (drop (call $request_set_field (i32.const 1) (i32.const 88) (i32.const 4) (i32.const 92) (i32.const 2) (local.get $ident)))
      (call $resp_set_header (i32.const 82) (i32.const 5) (i32.const 87) (i32.const 1) (local.get $ident)) ${ECHO}`,
  });
  const given = request();
  const result = await run(writing, { request: given });
  assert.equal(result.kind, 'output', JSON.stringify(result));
  if (result.kind !== 'output') return;
  assert.deepEqual(result.changes, {
    method: 'PUT',
    body: utf8('{"name":"hi"}'),
    state: new Map([['s', utf8('!')]]),
  });
  assert.deepEqual(result.responseHeaders, new Map([['X-Out', '1']]));
  assert.deepEqual(given, request());
});

test('each capability is asked with what the guest said, and its answer arrives', async () => {
  const asked: unknown[] = [];
  const answer = (...what: unknown[]): Promise<CapabilityAnswer> => {
    asked.push(what);
    return Promise.resolve({ ok: true, value: utf8(String(what[0])) });
  };
  const granted: CallCapabilities = capabilities({
    fetch: (outgoing) => answer('fetched', outgoing.method, outgoing.url, outgoing.headers, outgoing.body),
    graphql: (endpoint, query) => answer('queried', endpoint, query),
    cacheGet: (key) => answer('cached', key),
    staticFile: (name) => answer('file', name),
    database: (type, name, variables) => answer('rows', type, name, variables),
    secret: (name) => answer('secret', name),
  });
  const calls = [
    [
      'fetched',
      env('fetch_url', 6),
      '(call $fetch_url (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 65) (i32.const 2) (local.get $ident))',
    ],
    [
      'queried',
      env('graphql_query', 5),
      '(call $graphql_query (i32.const 64) (i32.const 1) (i32.const 65) (i32.const 1) (local.get $ident))',
    ],
    ['cached', env('cache_get', 3), '(call $cache_get (i32.const 64) (i32.const 1) (local.get $ident))'],
    ['file', env('get_static_file', 3), '(call $get_static_file (i32.const 64) (i32.const 1) (local.get $ident))'],
    ['rows', env('db_exec', 4), '(call $db_exec (i32.const 1) (i32.const 64) (i32.const 1) (local.get $ident))'],
    ['secret', env('get_secret_value', 3), '(call $get_secret_value (i32.const 64) (i32.const 1) (local.get $ident))'],
  ] as const;
  for (const [expected, imports, call] of calls) {
    const asking = guest({ imports: RETURNING + imports, fields: data(64, 'ABC'), run: fetchAndReturn(call) });
    assert.equal(outputOf(await run(asking, { capabilities: granted })), expected);
  }
  assert.deepEqual(asked, [
    ['fetched', 'GET', 'A', [['Content-Type', 'application/octet-stream']], utf8('BC')],
    ['queried', 'A', 'B'],
    ['cached', 'A'],
    ['file', 'A'],
    ['rows', 'select', 'A', []],
    ['secret', 'A'],
  ]);
});

test('a capability that throws, answers too much, or never answers', async () => {
  const asking = guest({
    imports: RETURNING + env('cache_get', 3),
    fields: data(64, 'key'),
    run: fetchAndReturn('(call $cache_get (i32.const 64) (i32.const 3) (local.get $ident))'),
  });
  const throwing = capabilities({ cacheGet: () => Promise.reject(new Error('secret detail')) });
  assert.equal(outputOf(await run(asking, { capabilities: throwing })), 'cacheGet failed');
  const generous = capabilities({ cacheGet: async () => ({ ok: true, value: new Uint8Array(5000) }) });
  const limits = { argumentBytes: 4999, deadlineMs: 200 };
  assert.equal(outputOf(await run(asking, { capabilities: generous, limits })), 'the answer is too large');
  const silent = capabilities({ cacheGet: () => new Promise(() => {}) });
  assert.equal(codeOf(await run(asking, { capabilities: silent, limits })), 'DEADLINE');
});

test('cache_set and log lines', async () => {
  const seen: unknown[] = [];
  const granted = capabilities({
    log: (level, message) => seen.push([level, message]),
    cacheSet: async (key, value, ttlSeconds) => {
      seen.push([key, value, ttlSeconds]);
      return { ok: true, value: new Uint8Array(0) };
    },
  });
  const writing = guest({
    imports: env('cache_set', 6) + env('log_msg', 4, 0) + env('return_result', 3, 0),
    fields: data(64, 'kvdone'),
    run: `(call $log_msg (i32.const 66) (i32.const 4) (i32.const 2) (local.get $ident))
      (i32.store8 (i32.const 0) (i32.add (i32.const 48)
        (call $cache_set (i32.const 64) (i32.const 1) (i32.const 65) (i32.const 1) (i32.const 60) (local.get $ident))))
      (call $return_result (i32.const 0) (i32.const 1) (local.get $ident))`,
  });
  assert.equal(outputOf(await run(writing, { capabilities: granted })), '0');
  assert.deepEqual(seen, [
    ['warn', 'done'],
    ['k', utf8('v'), 60],
  ]);
});

test('nothing of one call is there in the next: memory, globals, tables', async () => {
  const remembering = guest({
    imports: env('return_result', 3, 0),
    fields: `(global $seen (mut i32) (i32.const 0)) (table $t 1 funcref) (elem declare func $allocate)`,
    run: `
      (if (i32.or (i32.or (i32.load (i32.const 200)) (global.get $seen)) (i32.eqz (ref.is_null (table.get $t (i32.const 0)))))
        (then unreachable))
      (i32.store (i32.const 200) (i32.const 77)) (global.set $seen (i32.const 1))
      (table.set $t (i32.const 0) (ref.func $allocate)) ${ECHO}`,
  });
  const module = sandbox.load(remembering);
  const call = (): Promise<CallResult> => sandbox.call(module, { capabilities: nothing, input: utf8('x') });
  for (let i = 0; i < 5; i++) assert.equal(outputOf(await call()), 'x');
  for (const result of await Promise.all([call(), call(), call(), call()])) assert.equal(outputOf(result), 'x');
  sandbox.unload(module);
});

test('a memory that has grown is not used again', async () => {
  const growing = guest({
    imports: env('return_result', 3, 0),
    run: `(if (i32.ne (memory.size) (i32.const 1)) (then unreachable))
      (drop (memory.grow (i32.const 3))) (i32.store (i32.const 131072) (i32.const 1)) ${ECHO}`,
  });
  const module = sandbox.load(growing);
  for (let i = 0; i < 4; i++) {
    const result = await sandbox.call(module, { capabilities: nothing, input: utf8('x') });
    assert.equal(outputOf(result), 'x');
    assert.equal(result.usage.memoryBytes, 4 * 65_536);
  }
  sandbox.unload(module);
});

test('calls that wait let others in, in any number the module may have', async () => {
  const answers: (() => void)[] = [];
  const granted = capabilities({
    cacheGet: () =>
      new Promise((resolve) => {
        answers.push(() => resolve({ ok: true, value: utf8('v') }));
      }),
  });
  const asking = sandbox.load(
    guest({
      imports: RETURNING + env('cache_get', 3),
      run: fetchAndReturn('(call $cache_get (i32.const 64) (i32.const 3) (local.get $ident))'),
    }),
  );
  const started = Array.from({ length: 12 }, () => sandbox.call(asking, { capabilities: granted }));
  const refused = await sandbox.call(asking, { capabilities: granted });
  assert.equal(codeOf(refused), 'OVERLOADED');
  assert.ok(refused.kind === 'failure' && refused.retryAfterSeconds === 1);
  const gaveUp = new AbortController();
  await until(() => answers.length === 8);
  assert.deepEqual([sandbox.stats().inFlight, sandbox.stats().waiting, sandbox.stats().openHostCalls], [8, 4, 8]);
  const other = sandbox.load(echo());
  assert.equal(outputOf(await sandbox.call(other, { capabilities: nothing, input: utf8('free') })), 'free');
  while (answers.length > 0 || sandbox.stats().inFlight > 0) {
    answers.shift()?.();
    await new Promise(setImmediate);
  }
  for (const result of await Promise.all(started)) assert.equal(outputOf(result), 'v');
  gaveUp.abort();
  sandbox.unload(asking);
  sandbox.unload(other);
});

test('a caller may give up: before, in line, while the guest runs, while it waits', async () => {
  const spinning = sandbox.load(guest({ run: '(loop $l (br $l))' }));
  const before = await sandbox.call(spinning, { capabilities: nothing, signal: AbortSignal.abort() });
  assert.equal(codeOf(before), 'ABORTED');

  const controller = new AbortController();
  const running = Array.from({ length: 12 }, () =>
    sandbox.call(spinning, { capabilities: nothing, signal: controller.signal }),
  );
  await until(() => sandbox.stats().waiting === 4);
  controller.abort();
  for (const result of await Promise.all(running)) assert.equal(codeOf(result), 'ABORTED');

  let told = false;
  const asking = sandbox.load(
    guest({
      imports: env('cache_get', 3),
      run: '(drop (call $cache_get (local.get $ptr) (i32.const 0) (local.get $ident)))',
    }),
  );
  const waiting = new AbortController();
  const granted = capabilities({
    cacheGet: (_, signal) =>
      new Promise(() => {
        signal.addEventListener('abort', () => {
          told = true;
        });
        setImmediate(() => waiting.abort());
      }),
  });
  const result = await sandbox.call(asking, { capabilities: granted, signal: waiting.signal });
  assert.equal(codeOf(result), 'ABORTED');
  assert.equal(told, true);
  sandbox.unload(spinning);
  sandbox.unload(asking);
});

test('the deadline counts in line too', async () => {
  const spinning = sandbox.load(guest({ run: '(loop $l (br $l))' }));
  const results = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      sandbox.call(spinning, { capabilities: nothing, limits: { deadlineMs: i < 8 ? 200 : 60 } }),
    ),
  );
  for (const [i, result] of results.entries()) {
    assert.equal(codeOf(result), 'DEADLINE');
    assert.ok(result.usage.wallMs < 1000);
    if (i >= 8) assert.equal(result.usage.cpuMs, 0);
  }
  sandbox.unload(spinning);
});

test('a thread that does not come back is replaced; its other calls are told', async () => {
  const own = await Sandbox.create({ clock: realClock, limits: { threads: 1, stallMs: 300 } });
  try {
    const fine = own.load(
      guest({
        imports: env('cache_get', 3),
        run: '(drop (call $cache_get (local.get $ptr) (i32.const 0) (local.get $ident)))',
      }),
    );
    // A guest that got around the rewriter: it never looks at the flag.
    const unchecked = assemble(`(module (import "perigee" "memory" (memory 1 2048)) (export "memory" (memory 0))
      (func (export "perigee.renew")) (func (export "allocate") (param i32) (result i32) (i32.const 0)) (func (export "deallocate") (param i32 i32))
      (func (export "run_e") (param i32 i32 i32) (loop $l (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br $l))))`);
    const { Module } = engine;
    const code = new Module(unchecked);
    Reflect.set(engine, 'Module', function compiled() {
      return code;
    });
    const stuck = own.load(echo());
    Reflect.set(engine, 'Module', Module);
    const waiting = own.call(fine, { capabilities: capabilities({ cacheGet: () => new Promise(() => {}) }) });
    const culprit = own.call(stuck, { capabilities: nothing, limits: { deadlineMs: 50 } });
    assert.equal(codeOf(await waiting), 'THREAD_LOST');
    assert.equal(codeOf(await culprit), 'THREAD_LOST');
    assert.deepEqual(own.stats().threads, [{ index: 0, state: 'starting', calls: 0 }]);
    assert.equal(outputOf(await own.call(fine, { capabilities: nothing })), undefined);
    assert.equal(own.stats().threadsLost, 1);
    const spinning = own.load(guest({ run: '(loop $l (br $l))' }));
    assert.equal(codeOf(await own.call(spinning, { capabilities: nothing, limits: { deadlineMs: 50 } })), 'DEADLINE');
  } finally {
    await own.close(0);
  }
});

test('closing waits for calls, then ends them; afterwards nothing is taken', async () => {
  const clock = new VirtualClock();
  const own = await Sandbox.create({ clock, limits: { threads: 1, concurrency: 2 } });
  const module = own.load(echo());
  const spinning = own.load(guest({ run: '(loop $l (br $l))' }));
  const finishing = own.call(module, { capabilities: nothing, input: utf8('x') });
  const ending = [1, 2, 3].map(() => own.call(spinning, { capabilities: nothing }));
  const closed = own.close(50);
  assert.equal(outputOf(await finishing), 'x');
  await clock.advance(49);
  assert.deepEqual([own.stats().inFlight, own.stats().waiting], [2, 1]);
  await clock.advance(1);
  for (const result of await Promise.all(ending)) assert.equal(codeOf(result), 'ABORTED');
  await closed;
  assert.equal(own.close(), closed);
  await assert.rejects(own.call(module, { capabilities: nothing }), { code: 'SANDBOX_CLOSED' });
  assert.throws(() => own.load(echo()), { code: 'SANDBOX_CLOSED' });
});

test('an unloaded module is refused, a running call of it finishes', async () => {
  const module = sandbox.load(echo());
  const running = sandbox.call(module, { capabilities: nothing, input: utf8('x') });
  sandbox.unload(module);
  assert.equal(outputOf(await running), 'x');
  await assert.rejects(sandbox.call(module, { capabilities: nothing }), TypeError);
});

test('limits that make no sense are refused', async () => {
  for (const limits of [
    { threads: 0 },
    { memoryBytes: Number.NaN },
    { queue: -1 },
    { sliceMs: Number.POSITIVE_INFINITY },
  ]) {
    await assert.rejects(Sandbox.create({ clock: realClock, limits }), { code: 'SANDBOX_BAD_LIMIT' });
  }
  const module = sandbox.load(echo());
  await assert.rejects(sandbox.call(module, { capabilities: nothing, limits: { cpuMs: 0 } }), {
    code: 'SANDBOX_BAD_LIMIT',
  });
  sandbox.unload(module);
});

test('what is no function is refused when it is loaded', () => {
  assert.throws(() => sandbox.load(utf8('not wasm at all')), { code: 'WASM_NOT_WASM' });
  assert.throws(() => sandbox.load(assemble('(module)')), { code: 'ABI_MISSING_EXPORT' });
  assert.throws(() => sandbox.load(guest({ imports: env('open_door', 1) })), { code: 'ABI_UNKNOWN_IMPORT' });
  assert.throws(() => sandbox.load(guest({ imports: '(import "perigee" "yield" (func))' })), /perigee/);
  assert.throws(() => sandbox.load(guest({ pages: 4000 })), { code: 'WASM_MEMORY_TOO_LARGE' });
});

test('the second memory that rewriting adds is out of reach', () => {
  // Valid only once there is a second memory: without the check the guest could clear its own flag.
  const reaching = assemble(`(module (memory (export "memory") 1) (memory $second 1)
    (func (export "allocate") (param i32) (result i32) (i32.const 0))
    (func (export "run_e") (param i32 i32 i32) (i32.store $second (i32.const 0) (i32.const 0))))`);
  assert.throws(() => sandbox.load(reaching));
});

test('the digest is that of the bytes handed in', () => {
  const module = sandbox.load(echo());
  assert.match(module.digest, /^sha256:[0-9a-f]{64}$/);
  assert.deepEqual(module.memory, { initialBytes: 65_536, maxBytes: 128 << 20 });
  sandbox.unload(module);
});

test('counts', () => {
  const stats = sandbox.stats();
  assert.deepEqual(
    stats.threads.map(({ index, state, calls }) => [index, state, calls]),
    [
      [0, 'ready', 0],
      [1, 'ready', 0],
    ],
  );
  assert.deepEqual([stats.inFlight, stats.waiting, stats.modules, stats.threadsLost], [0, 0, 0, 0]);
  assert.ok(stats.outputs > 30 && stats.guestErrors === 1 && stats.cpuMs > 0 && stats.hostCalls > 0);
  assert.ok(stats.failures.ABORTED! >= 14 && stats.failures.OVERLOADED === 1);
});

/** Waits, turn by turn of the event loop, until `condition` holds. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}
