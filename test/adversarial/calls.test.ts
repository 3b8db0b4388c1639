/** Guests that misuse the interface of their host: pointers, idents, times at which they call, and texts. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ENV_SIGNATURES } from '../../src/compute/abi/signatures.ts';
import type { CallResult } from '../../src/compute/sandbox/index.ts';
import { fromUtf8, utf8 } from '../../src/kernel/index.ts';
import { type Arena, createArena, endOf } from '../support/arena.ts';
import { capabilities, ECHO, env, guest, wasi } from '../support/guests.ts';
import { assemble } from '../support/wasm-engine.ts';

let arena: Arena;
before(async () => {
  arena = await createArena();
});
after(() => arena.close());

/** None of these guests is endless. */
const run: Arena['run'] = (...call) => arena.runToEnd(...call);

/** A platform function by its dialect: one name cannot be imported in two. */
interface PlatformFunction {
  readonly key: keyof typeof ENV_SIGNATURES;
  readonly name: string;
  readonly parameters: number;
  readonly results: 0 | 1;
}

const OLDER_ONLY = /^(print|fetch)\/|^(fetch_url\/8|cache_get\/5|request_get_field\/6|get_static_file\/5)$/;
const FUNCTIONS = (Object.keys(ENV_SIGNATURES) as PlatformFunction['key'][]).map((key): PlatformFunction => {
  const [name = '', parameters] = key.split('/');
  return { key, name, parameters: Number(parameters), results: ENV_SIGNATURES[key].results };
});
const CURRENT = FUNCTIONS.filter(({ key }) => !OLDER_ONLY.test(key));
const REPLACED = new Set(FUNCTIONS.filter(({ key }) => OLDER_ONLY.test(key)).map(({ name }) => name));
const OLDER = FUNCTIONS.filter(({ key, name }) => OLDER_ONLY.test(key) || !REPLACED.has(name));
const DIALECTS = [CURRENT, OLDER];
/** Functions by which a guest reports: they end what is tried. */
const isReport = (name: string): boolean => name.startsWith('return_');

/** Imports of functions as `$name_parameters`. */
const importsOf = (functions: readonly PlatformFunction[]): string =>
  functions
    .map(({ name, parameters, results }) =>
      env(name, parameters, results).replace(`(func $${name} `, `(func $${name}_${parameters} `),
    )
    .join('');
const IMPORTS = importsOf(CURRENT);

function textOf(result: CallResult): string {
  assert.equal(result.kind, 'output', JSON.stringify(result));
  return result.kind === 'output' && result.output !== undefined ? fromUtf8(result.output) : '(nil)';
}

/** Every function of a dialect with `pointer` and `length` in every place, under `ident`; then the input is returned. */
function everyFunction(
  functions: readonly PlatformFunction[],
  pointer: number,
  length: number,
  ident: string,
  reports: boolean,
): Uint8Array {
  const calls = functions
    .filter(({ name }) => reports || !isReport(name))
    .map(({ name, parameters, results }) => {
      const args = Array.from({ length: parameters - 1 }, (_, i) => `(i32.const ${i % 2 === 0 ? pointer : length})`);
      const shifted = Array.from({ length: parameters - 1 }, (_, i) => `(i32.const ${i % 2 === 1 ? pointer : length})`);
      const call = (operands: readonly string[]): string => {
        const text = `(call $${name}_${parameters} ${operands.join(' ')} ${ident})`;
        return results === 1 ? `(drop ${text})` : text;
      };
      return call(args) + call(shifted);
    });
  return guest({
    imports: importsOf(functions),
    run: `${calls.join('\n')} (call $return_result_3 (local.get $ptr) (local.get $len) (local.get $ident))`,
  });
}

test('pointers and lengths at every edge, in every place of every function', async () => {
  for (const functions of DIALECTS) {
    for (const pointer of [0, 1, 65_535, 65_536, 65_537, -1, -65_536, 0x7fffffff, -0x80000000]) {
      for (const length of [0, 1, 65_536, -1, 0x7fffffff]) {
        const bytes = everyFunction(functions, pointer, length, '(local.get $ident)', false);
        const result = await run(bytes, {}, capabilities(), 1);
        assert.equal(textOf(result), 'in', `${pointer} ${length}`);
      }
    }
  }
});

test('every function under a forged ident does nothing, whatever it is given', async () => {
  const touched: string[] = [];
  const tell = (what: string) => () => {
    touched.push(what);
    return Promise.resolve({ ok: true as const, value: utf8('x') });
  };
  const granted = capabilities({
    log: () => touched.push('log'),
    fetch: tell('fetch'),
    graphql: tell('graphql'),
    cacheGet: tell('cacheGet'),
    cacheSet: tell('cacheSet'),
    staticFile: tell('staticFile'),
    database: tell('database'),
    secret: tell('secret'),
  });
  for (const ident of [
    '(i32.add (local.get $ident) (i32.const 1))',
    '(i32.sub (local.get $ident) (i32.const 1))',
    '(i32.xor (local.get $ident) (i32.const 0x80000000))',
    '(i32.const -1)',
  ]) {
    for (const functions of DIALECTS) {
      const result = await run(everyFunction(functions, 64, 4, ident, true), {}, granted, 1);
      assert.equal(textOf(result), 'in');
    }
  }
  assert.deepEqual(touched, []);
});

test('targets that overlap arguments, vectors that overlap themselves and their own count', async () => {
  const answer = utf8('an answer that is longer than the key');
  const granted = capabilities({ cacheGet: () => Promise.resolve({ ok: true, value: answer }) });
  const overlapping = guest({
    imports: IMPORTS + wasi('fd_write', 'i32 i32 i32 i32') + wasi('random_get', 'i32 i32'),
    fields: '(data (i32.const 64) "key")',
    run: `
      (local.set $n (call $cache_get_3 (i32.const 64) (i32.const 3) (local.get $ident)))
      (if (call $get_ffi_result_2 (i32.const 62) (local.get $ident)) (then unreachable))
      ;; A vector that names itself, with its count written into it.
      (i32.store (i32.const 200) (i32.const 200)) (i32.store (i32.const 204) (i32.const 8))
      (if (call $fd_write (i32.const 1) (i32.const 200) (i32.const 1) (i32.const 204)) (then unreachable))
      (if (i32.ne (i32.load (i32.const 204)) (i32.const 8)) (then unreachable))
      ;; Vectors of which the first covers all that follow.
      (i32.store (i32.const 300) (i32.const 0)) (i32.store (i32.const 304) (i32.const 65536))
      (drop (call $fd_write (i32.const 1) (i32.const 300) (i32.const 100) (i32.const 300)))
      (if (call $random_get (i32.const 0) (i32.const 65536)) (then unreachable))
      (call $return_result_3 (i32.const 0) (i32.const 65536) (local.get $ident))`,
  });
  const result = await run(overlapping, {}, granted);
  assert.equal(result.kind === 'output' && result.output?.length, 65_536, JSON.stringify(result).slice(0, 200));
});

test('nothing a guest says in allocate, start-up or deallocate counts, and the host is not asked', async () => {
  const touched: string[] = [];
  const granted = capabilities({
    log: (_, line) => touched.push(line),
    cacheGet: () => {
      touched.push('cache');
      return Promise.resolve({ ok: true, value: utf8('x') });
    },
  });
  // Whoever guesses the ident of a call that has not begun, or keeps the one of a call that has ended.
  const speaking = `
    (call $return_error_4 (i32.const 500) (i32.const 0) (i32.const 4) (global.get $kept))
    (call $log_msg_4 (i32.const 0) (i32.const 4) (i32.const 1) (global.get $kept))
    (if (i32.ne (call $cache_get_3 (i32.const 0) (i32.const 4) (global.get $kept)) (i32.const -1)) (then unreachable))
    (if (i32.ne (call $get_ffi_result_2 (i32.const 0) (global.get $kept)) (i32.const -1)) (then unreachable))`;
  const text = `(module ${IMPORTS} (memory (export "memory") 1) (global $kept (mut i32) (i32.const 0))
    (func $start ${speaking}) (start $start) (func (export "init") ${speaking})
    (func (export "allocate") (param i32) (result i32) ${speaking} (i32.const 64))
    (func (export "deallocate") (param i32 i32) ${speaking})
    (func (export "run_e") (param $ptr i32) (param $len i32) (param $ident i32)
      (global.set $kept (local.get $ident))
      (call $return_result_3 (local.get $ptr) (local.get $len) (local.get $ident))))`;
  assert.equal(textOf(await run(assemble(text), {}, granted)), 'in');
  assert.deepEqual(touched, []);
});

test('reentrancy: run_e from allocate and from itself; the ident comes only with the host’s own call', async () => {
  const text = `(module ${IMPORTS} (memory (export "memory") 1) (global $depth (mut i32) (i32.const 0))
    (func $allocate (export "allocate") (param i32) (result i32)
      (call $run (i32.const 0) (i32.const 4) (i32.const 7)) (i32.const 64))
    (func (export "deallocate") (param i32 i32) (drop (call $allocate (i32.const 1))))
    (func $run (export "run_e") (param $ptr i32) (param $len i32) (param $ident i32)
      (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
      (if (i32.lt_u (global.get $depth) (i32.const 10)) (then (drop (call $allocate (i32.const 1)))))
      (call $return_result_3 (local.get $ptr) (local.get $len) (local.get $ident))))`;
  assert.equal(textOf(await run(assemble(text))), 'in');
});

test('an allocate that grows the memory, moves its answer, or gives the same room twice', async () => {
  const grows = guest({
    imports: env('return_result', 3, 0),
    allocate: '(drop (memory.grow (i32.const 4))) (i32.const 327672)',
    run: ECHO,
  });
  assert.equal(textOf(await run(grows)), 'in');
  for (const pointer of [-1, 65_535, 65_536, 0x7fffffff, -0x80000000]) {
    const result = await run(guest({ allocate: `(i32.const ${pointer})` }), {}, capabilities(), 1);
    assert.equal(endOf(result), 'TRAP', String(pointer));
  }
});

test('an allocate that exits, waits, throws or recurses', async () => {
  const imports = env('cache_get', 3) + wasi('proc_exit', 'i32', 0);
  const ends = async (allocate: string, fields = ''): Promise<string> =>
    endOf(await run(guest({ imports, fields, allocate: `${allocate} (i32.const 64)` })));
  assert.equal(await ends('(call $proc_exit (i32.const 0))'), 'TRAP', 'an exit before run_e is no success');
  assert.equal(await ends('(drop (call $cache_get (i32.const 0) (i32.const 1) (i32.const 0)))'), 'output');
  assert.equal(await ends('(throw $e)', '(tag $e)'), 'TRAP');
  assert.equal(
    await ends('(drop (call $allocate (local.get $size))) (drop (call $allocate (local.get $size)))'),
    'STACK',
  );
});

test('deep recursion: with thousands of locals, in every phase, caught or not', async () => {
  const wide = `(func $deep (param i32) (result i32) ${'(local i64 i64 i64 i64)'.repeat(200)}
    (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))`;
  const deep = '(drop (call $deep (i32.const 1)))';
  for (const bytes of [
    guest({ fields: wide, run: deep }),
    guest({ fields: `${wide} (func (export "_start") ${deep})` }),
    guest({ fields: `${wide} (func $s ${deep}) (start $s)` }),
    guest({ fields: wide, run: `(loop $again (block $caught (try_table (catch_all $caught) ${deep})) (br $again))` }),
  ]) {
    assert.equal(endOf(await run(bytes)), 'STACK');
  }
});

test('names and texts that are not UTF-8 arrive as U+FFFD, bytes as they are', async () => {
  const seen: unknown[] = [];
  const answer = (...what: unknown[]) => {
    seen.push(what);
    return Promise.resolve({ ok: true as const, value: new Uint8Array(0) });
  };
  const granted = capabilities({
    log: (_, line) => seen.push(line),
    fetch: ({ url, body }) => answer('fetch', url, body),
    graphql: (endpoint, query) => answer('graphql', endpoint, query),
    cacheGet: (key) => answer('get', key),
    cacheSet: (key, value) => answer('set', key, value),
    staticFile: (name) => answer('file', name),
    database: (_type, name, variables) => answer('query', name, variables),
    secret: (name) => answer('secret', name),
  });
  // A lone surrogate in UTF-8, an overlong slash, a cut sequence.
  const bad = '(i32.const 64) (i32.const 7)';
  const text = '\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd';
  const ident = '(local.get $ident)';
  const strange = guest({
    imports: IMPORTS,
    fields: '(data (i32.const 64) "\\ed\\a0\\80\\c0\\af\\e2\\82")',
    run: `(drop (call $add_ffi_var_5 ${bad} ${bad} ${ident})) (drop (call $db_exec_4 (i32.const 1) ${bad} ${ident}))
      (drop (call $fetch_url_6 (i32.const 3) ${bad} ${bad} ${ident})) (drop (call $graphql_query_5 ${bad} ${bad} ${ident}))
      (drop (call $cache_set_6 ${bad} ${bad} (i32.const 0) ${ident})) (drop (call $cache_get_3 ${bad} ${ident}))
      (drop (call $get_static_file_3 ${bad} ${ident})) (drop (call $get_secret_value_3 ${bad} ${ident}))
      (call $log_msg_4 ${bad} (i32.const 3) ${ident}) (call $return_error_4 (i32.const 9) ${bad} ${ident})`,
  });
  const result = await run(strange, {}, granted);
  assert.deepEqual(result.kind === 'guest-error' && [result.code, result.message], [9, text]);
  const bytes = Uint8Array.of(0xed, 0xa0, 0x80, 0xc0, 0xaf, 0xe2, 0x82);
  assert.deepEqual(seen, [
    ['query', text, [text]],
    ['fetch', text, bytes],
    ['graphql', text, text],
    ['set', text, bytes],
    ['get', text],
    ['file', text],
    ['secret', text],
    text,
  ]);
});

test('floods of each function that answers at once', async () => {
  const quick = FUNCTIONS.filter(({ key, name }) => ENV_SIGNATURES[key].waiting === 'at-once' && !isReport(name));
  for (const each of quick) {
    const { name, parameters, results } = each;
    const zeros = '(i32.const 0)'.repeat(parameters - 1);
    const flooding = `(call $${name}_${parameters} ${zeros} (local.get $ident))`;
    const bytes = guest({
      imports: importsOf([each]),
      run: `(loop $l ${results === 1 ? `(drop ${flooding})` : flooding} (br $l))`,
    });
    const result = await run(bytes, { hostCallsPerSecond: 500 }, capabilities(), 2);
    assert.equal(endOf(result), 'HOST_CALL_FLOOD', name);
  }
});
