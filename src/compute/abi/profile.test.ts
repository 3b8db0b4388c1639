import assert from 'node:assert/strict';
import { test } from 'node:test';
import { env, guest, wasi } from '../../../test/support/guests.ts';
import { assemble } from '../../../test/support/wasm-engine.ts';
import { hasCode } from '../../kernel/index.ts';
import { prepareModule } from '../wasm/index.ts';
import { type GuestProfile, type ProfileOptions, profileOf } from './profile.ts';
import { ENV_SIGNATURES, WASI_SIGNATURES } from './signatures.ts';

function profile(bytes: Uint8Array, options?: ProfileOptions): GuestProfile {
  return profileOf(bytes, prepareModule(bytes), options);
}

function withImports(...imports: string[]): Uint8Array {
  return guest({ imports: imports.join('') });
}

/** The literal that every SDK since generation 3 carries. */
function literal(encoding: 'utf8' | 'utf16le'): string {
  const bytes = Buffer.from('unknown error returned from host', encoding);
  return `(data (i32.const 64) "${[...bytes].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')}")`;
}

const FETCH = env('fetch_url', 6);

test('every import of the table is accepted, also as its Swift variant', () => {
  for (const [key, { results }] of Object.entries(ENV_SIGNATURES)) {
    const [name = '', parameters] = key.split('/');
    const found = profile(withImports(env(name, Number(parameters), results)));
    assert.deepEqual(found.env, [{ name, target: key }]);
    const swift = profile(withImports(env(`${name}_swift`, Number(parameters) + 2, results)));
    assert.deepEqual(swift.env, [{ name: `${name}_swift`, target: key }]);
  }
});

test('every function of WASI is accepted with its types', () => {
  const type = { i: 'i32', I: 'i64' } as Record<string, string>;
  const imports = Object.entries(WASI_SIGNATURES).map(([name, signature]) => {
    const [params = '', results] = signature.split(':');
    const types = params.split('').map((letter) => type[letter]);
    return wasi(name, types.join(' '), results === '' ? 0 : 1);
  });
  assert.deepEqual(profile(withImports(...imports)).wasi, Object.keys(WASI_SIGNATURES));
});

test('what the host does not have is refused by its name', () => {
  for (const [imports, name] of [
    [env('open_door', 2), 'env.open_door'],
    [env('_swift', 2), 'env._swift'],
    [wasi('fd_fly', 'i32'), 'wasi_snapshot_preview1.fd_fly'],
    ['(import "env" "memory" (memory 1))', 'env.memory'],
    ['(import "env" "g" (global i32))', 'env.g'],
    ['(import "env" "t" (table 1 funcref))', 'env.t'],
    ['(import "index" "f" (func))', 'index.f'],
    ['(import "env" "toString" (func))', 'env.toString'],
  ] as const) {
    const text = `(module ${imports} (func (export "allocate") (param i32) (result i32) i32.const 0)
      (func (export "run_e") (param i32 i32 i32)))`;
    assert.throws(
      () => profile(imports.includes('memory') ? assemble(text) : withImports(imports)),
      (error) => hasCode(error, 'ABI_UNKNOWN_IMPORT') && error.message.includes(name),
      name,
    );
  }
});

test('an import of another type is refused', () => {
  for (const imports of [
    env('return_result', 4, 0),
    env('return_result', 3, 1),
    env('cache_get', 4),
    env('fetch_url_swift', 7),
    '(import "env" "get_ffi_result" (func (param i64 i32) (result i32)))',
    wasi('random_get', 'i32 i64'),
    wasi('clock_time_get', 'i32 i32 i32'),
  ]) {
    assert.throws(() => profile(withImports(imports)), { code: 'ABI_BAD_SIGNATURE' }, imports);
  }
});

test('one name is one function: generations cannot be mixed', () => {
  const both = env('cache_get', 3) + env('cache_get', 5).replace('$cache_get', '$other');
  assert.throws(() => profile(withImports(both)), { code: 'ABI_BAD_SIGNATURE', message: /stands twice/ });
  const twice = env('cache_get', 3) + env('cache_get', 3).replace('$cache_get', '$other');
  assert.deepEqual(
    profile(withImports(twice)).env.map(({ target }) => target),
    ['cache_get/3', 'cache_get/3'],
  );
});

test('the exports that a function must have', () => {
  const memory = '(memory (export "memory") 1)';
  const allocate = '(func (export "allocate") (param i32) (result i32) i32.const 0)';
  const run = '(func (export "run_e") (param i32 i32 i32))';
  assert.equal(profile(assemble(`(module ${memory} ${allocate} ${run})`)).deallocateParameters, undefined);
  for (const [fields, code] of [
    [[allocate, run], 'ABI_MISSING_EXPORT'],
    [[memory, run], 'ABI_MISSING_EXPORT'],
    [[memory, allocate], 'ABI_MISSING_EXPORT'],
    [['(func (export "memory"))', allocate, run], 'ABI_MISSING_EXPORT'],
    [[memory, '(func (export "allocate") (param i64) (result i32) i32.const 0)', run], 'ABI_BAD_SIGNATURE'],
    [[memory, allocate, '(func (export "run_e") (param i32 i32))'], 'ABI_BAD_SIGNATURE'],
    [[memory, allocate, run, '(func (export "deallocate") (param i32 i32 i32))'], 'ABI_BAD_SIGNATURE'],
    [[memory, allocate, run, '(func (export "_start") (param i32))'], 'ABI_BAD_SIGNATURE'],
  ] as const) {
    assert.throws(() => profile(assemble(`(module ${fields.join(' ')})`)), { code }, fields.join(' '));
  }
  for (const parameters of ['', 'i32', 'i32 i32']) {
    const text = `(module ${memory} ${allocate} ${run} (func (export "deallocate") (param ${parameters})))`;
    assert.equal(profile(assemble(text)).deallocateParameters, parameters.split(' ').filter(Boolean).length);
  }
});

test('start-up: start section, _start, init; _initialize only without _start', () => {
  const names = (fields: string): string[] => {
    const bytes = guest({ fields });
    const { startExport } = prepareModule(bytes);
    return profile(bytes, { startExport }).startup.map(({ name, command }) => (command ? `${name}!` : name));
  };
  const start = '(func (export "_start"))';
  const init = '(func (export "init"))';
  const initialize = '(func (export "_initialize"))';
  assert.deepEqual(names(''), []);
  assert.deepEqual(names(init + start), ['_start!', 'init']);
  assert.deepEqual(names(initialize + init), ['_initialize', 'init']);
  assert.deepEqual(names(initialize + start), ['_start!']);
  assert.deepEqual(names(`(func $s) (start $s) ${init}`), ['perigee.start', 'init']);
});

test('generations by arity, by literal, by imports, by language', () => {
  const of = (bytes: Uint8Array): string => {
    const { generation, methodNumbering } = profile(bytes);
    return `${generation} ${methodNumbering}`;
  };
  assert.equal(of(withImports(env('print', 3, 0))), '0 old');
  assert.equal(of(withImports(env('fetch', 5))), '0 old');
  for (const imported of [
    env('fetch_url', 8),
    env('cache_get', 5),
    env('request_get_field', 6),
    env('get_static_file', 5),
  ]) {
    assert.equal(of(withImports(imported)), '1 old');
  }
  assert.equal(of(withImports(FETCH)), '2 old');
  assert.equal(of(guest({ imports: FETCH, fields: literal('utf8') })), '3 current');
  assert.equal(of(guest({ imports: FETCH, fields: literal('utf16le') })), '3 current');
  assert.equal(of(withImports(FETCH, env('return_abort', 7, 0))), '2 old');
  assert.equal(of(withImports(FETCH, env('return_abort', 7, 0), env('return_error', 4, 0))), '3 current');
  const javascript = guest({ imports: FETCH, fields: '(func (export "canonical_abi_realloc"))' });
  assert.equal(of(javascript), '3 current');
  assert.equal(profile(javascript).javascript, true);
  assert.equal(of(withImports(env('return_result', 3, 0))), '3 current');
});

test('the method numbering may be said', () => {
  assert.equal(profile(withImports(FETCH), { methodNumbering: 'current' }).methodNumbering, 'current');
});

test('a profile is plain data', () => {
  const found = profile(withImports(FETCH, wasi('random_get', 'i32 i32')));
  assert.deepEqual(structuredClone(found), found);
});
