import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { compileAssemblyScript } from '../../../test/support/assemblyscript.ts';
import { ECHO, capabilities, env, guest, realClock, wasi } from '../../../test/support/guests.ts';
import { assemble } from '../../../test/support/wasm-engine.ts';
import { fromUtf8, utf8 } from '../../kernel/index.ts';
import { ENV_SIGNATURES, WASI_SIGNATURES } from '../abi/signatures.ts';
import { type CallOptions, type CallResult, Sandbox } from './index.ts';

// Guests that import, export and start up as those of each language do (`runnable-abi.md` §10, §11).

let sandbox: Sandbox;

before(async () => {
  sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1 } });
});

after(() => sandbox.close(1000));

async function run(bytes: Uint8Array, options: Partial<CallOptions> = {}): Promise<CallResult> {
  const module = sandbox.load(bytes);
  const result = await sandbox.call(module, { capabilities: capabilities(), input: utf8('in'), ...options });
  // Start-up runs again for every call, in an instance of its own.
  const again = await sandbox.call(module, { capabilities: capabilities(), input: utf8('in'), ...options });
  assert.deepEqual({ ...again, usage: undefined }, { ...result, usage: undefined });
  sandbox.unload(module);
  return result;
}

function textOf(result: CallResult): string {
  assert.equal(result.kind, 'output', JSON.stringify(result));
  return result.kind === 'output' && result.output !== undefined ? fromUtf8(result.output) : '(nil)';
}

/** Appends `letter` to a trace at address 256; `$traced` is its length. */
const TRACE = `(global $traced (mut i32) (i32.const 0))
  (func $trace (param $letter i32)
    (i32.store8 (i32.add (i32.const 256) (global.get $traced)) (local.get $letter))
    (global.set $traced (i32.add (global.get $traced) (i32.const 1))))`;
const RETURN_TRACE = `(call $return_result (i32.const 256) (global.get $traced) (local.get $ident))`;
const trace = (letter: string): string => `(call $trace (i32.const ${letter.charCodeAt(0)}))`;

test('Rust: _start, then init; 17 pages; the environment is asked for in every export', async () => {
  const command = `(if (call $environ_sizes_get (i32.const 8) (i32.const 12)) (then unreachable))
    (if (i32.or (i32.load (i32.const 8)) (i32.load (i32.const 12))) (then unreachable))`;
  const rust = (fields: string, body: string): Uint8Array =>
    assemble(`(module
      ${env('return_result', 3, 0)} ${env('return_error', 4, 0)} ${env('get_ffi_result', 2)}
      ${wasi('fd_write', 'i32 i32 i32 i32')} ${wasi('environ_get', 'i32 i32')}
      ${wasi('environ_sizes_get', 'i32 i32')} ${wasi('proc_exit', 'i32', 0)}
      (memory (export "memory") 17) (global (export "__heap_base") i32 (i32.const 1048576)) ${TRACE} ${fields}
      (func (export "allocate") (param i32) (result i32) ${command} ${trace('a')} (i32.const 1048576))
      (func (export "deallocate") (param i32 i32) ${command})
      (func (export "run_e") (param $ptr i32) (param $len i32) (param $ident i32) ${command} ${trace('r')} ${body}))`);
  const start = `(func (export "_start") ${command} ${trace('s')})`;
  const init = `(func (export "init") ${command} ${trace('i')})`;
  assert.equal(textOf(await run(rust(init + start, RETURN_TRACE))), 'siar');
  assert.equal(textOf(await run(rust(init, RETURN_TRACE))), 'iar');
  assert.equal(textOf(await run(rust(start, RETURN_TRACE))), 'sar');

  const lines: string[] = [];
  const panic = `(i32.store (i32.const 16) (i32.const 64)) (i32.store (i32.const 20) (i32.const 8))
    (drop (call $fd_write (i32.const 2) (i32.const 16) (i32.const 1) (i32.const 24))) unreachable`;
  const granted = capabilities({ log: (level, line) => lines.push(`${level}: ${line}`) });
  const panicked = await run(rust('(data (i32.const 64) "panicked")', panic), { capabilities: granted });
  assert.equal(panicked.kind === 'failure' && panicked.code, 'TRAP');
  assert.deepEqual(lines, ['error: panicked', 'error: panicked']);
});

test('a command that ends its start with exit code 0 goes on, with another it does not', async () => {
  const command = (code: number): Uint8Array =>
    guest({
      imports: env('return_result', 3, 0) + wasi('proc_exit', 'i32', 0),
      fields: `(func (export "_start") (call $proc_exit (i32.const ${code})) unreachable)`,
      run: ECHO,
    });
  assert.equal(textOf(await run(command(0))), 'in');
  const failed = await run(command(3));
  assert.deepEqual(failed.kind === 'failure' && [failed.code, failed.message], [
    'TRAP',
    'the guest exited with code 3',
  ]);
});

test('exit inside run_e ends the call: with code 0 what was reported counts', async () => {
  const leaving = (code: number): Uint8Array =>
    guest({
      imports: env('return_result', 3, 0) + wasi('proc_exit', 'i32', 0),
      run: `${ECHO} (try (do (call $proc_exit (i32.const ${code}))) (catch_all)) unreachable`,
    });
  assert.equal(textOf(await run(leaving(0))), 'in');
  const failed = await run(leaving(1));
  assert.equal(failed.kind === 'failure' && failed.code, 'TRAP');
});

test('TinyGo: arguments and clock in _start; the residue of its toolchain is left alone', async () => {
  const residue = ['malloc', 'free', 'calloc', 'realloc', 'asyncify_start_unwind', 'asyncify_stop_unwind']
    .map((name) => `(func (export "${name}") (param i32) unreachable)`)
    .join('\n');
  const tinygo = assemble(`(module ${env('return_result', 3, 0)} ${env('return_error', 4, 0)}
    ${wasi('fd_write', 'i32 i32 i32 i32')} ${wasi('args_sizes_get', 'i32 i32')} ${wasi('args_get', 'i32 i32')}
    ${wasi('clock_time_get', 'i32 i64 i32')}
    (memory (export "memory") 2) (global $ready (mut i32) (i32.const 0)) ${residue}
    (func (export "_start")
      (if (call $args_sizes_get (i32.const 8) (i32.const 12)) (then unreachable))
      (if (i32.load (i32.const 8)) (then unreachable))
      (if (call $clock_time_get (i32.const 0) (i64.const 1000) (i32.const 16)) (then unreachable))
      (if (i64.lt_u (i64.load (i32.const 16)) (i64.const 1600000000000000000)) (then unreachable))
      (global.set $ready (i32.const 1)))
    (func (export "allocate") (param i32) (result i32) (if (i32.eqz (global.get $ready)) (then unreachable)) (i32.const 65536))
    (func (export "deallocate") (param i32 i32))
    (func (export "run_e") (param $ptr i32) (param $len i32) (param $ident i32) ${ECHO}))`);
  assert.equal(textOf(await run(tinygo)), 'in');
});

test('Grain: 64 pages, most of WASI, random bytes in _start, get_ffi_result after a failure', async () => {
  const grain =
    assemble(`(module ${env('return_result', 3, 0)} ${env('return_error', 4, 0)} ${env('return_abort', 7, 0)}
    ${env('graphql_query', 5)} ${env('fetch_url', 6)} ${env('cache_get', 3)} ${env('cache_set', 6)}
    ${env('request_get_field', 4)} ${env('get_ffi_result', 2)} ${env('log_msg', 4, 0)} ${everyWasiFunction()}
    (memory (export "memory") 64)
    (func (export "_start") (if (call $random_get (i32.const 8) (i32.const 4)) (then unreachable)))
    (func (export "allocate") (param i32) (result i32) (i32.const 4000000))
    (func (export "deallocate") (param i32 i32))
    (func (export "run_e") (param $ptr i32) (param $len i32) (param $ident i32)
      (if (i32.ne (call $cache_set (local.get $ptr) (local.get $len) (local.get $ptr) (local.get $len) (i32.const 0) (local.get $ident)) (i32.const -2)) (then unreachable))
      (if (i32.ne (call $get_ffi_result (i32.const 64) (local.get $ident)) (i32.const -1)) (then unreachable)) ${ECHO}))`);
  assert.equal(textOf(await run(grain)), 'in');
});

test('Swift: imports with two more parameters, init, and the whole of WASI', async () => {
  const swift = assemble(`(module ${env('return_result_swift', 5, 0)} ${env('log_msg_swift', 6, 0)}
    ${env('request_get_field_swift', 6)} ${env('get_ffi_result_swift', 4)} ${env('fetch_url_swift', 8)}
    ${everyWasiFunction()}
    (memory (export "memory") 1) (data (i32.const 64) "method") (global $ready (mut i32) (i32.const 0))
    (func (export "init") (global.set $ready (i32.const 1)))
    (func (export "allocate") (param i32) (result i32) (if (i32.eqz (global.get $ready)) (then unreachable)) (i32.const 512))
    (func (export "deallocate") (param i32 i32))
    (func (export "run_e") (param $ptr i32) (param $len i32) (param $ident i32)
      (if (i32.ne (call $request_get_field_swift (i32.const 0) (i32.const 64) (i32.const 6) (local.get $ident) (i32.const 9) (i32.const 9)) (i32.const 6)) (then unreachable))
      (if (call $get_ffi_result_swift (i32.const 128) (local.get $ident) (i32.const 9) (i32.const 9)) (then unreachable))
      (call $return_result_swift (i32.const 128) (i32.const 6) (local.get $ident) (i32.const 9) (i32.const 9))))`);
  const request = {
    method: 'DELETE',
    url: '/',
    id: 'x',
    body: new Uint8Array(0),
    headers: new Map<string, string>(),
    params: new Map<string, string>(),
    state: new Map<string, Uint8Array>(),
    responseHeaders: new Map<string, string>(),
  };
  assert.equal(textOf(await run(swift, { request })), 'DELETE');
});

test('JavaScript: every import there is, current method numbers, query types that are not trusted', async () => {
  const current = Object.entries(ENV_SIGNATURES).filter(
    ([key]) =>
      !/^(print|fetch)\/|(fetch_url\/8|cache_get\/5|field\/6|file\/5)$/.test(key) || key === 'request_set_field/6',
  );
  const imports = current
    .map(([key, { results }]) => env(key.split('/')[0]!, Number(key.split('/')[1]), results))
    .join('');
  const asked: unknown[] = [];
  const javascript = guest({
    imports: imports + everyWasiFunction(),
    fields:
      '(func (export "canonical_abi_realloc") (param i32 i32 i32 i32) (result i32) unreachable) (data (i32.const 64) "url")',
    run: `(drop (call $fetch_url (i32.const 3) (i32.const 64) (i32.const 3) (i32.const 0) (i32.const 0) (local.get $ident)))
      (drop (call $db_exec (i32.const 0) (i32.const 64) (i32.const 1) (local.get $ident))) ${ECHO}`,
  });
  const granted = capabilities({
    fetch: async (outgoing) => {
      asked.push(outgoing.method);
      return { ok: true, value: utf8('') };
    },
    database: async (type) => {
      asked.push(type);
      return { ok: true, value: utf8('[]') };
    },
  });
  assert.equal(textOf(await run(javascript, { capabilities: granted })), 'in');
  assert.deepEqual(asked, ['POST', undefined, 'POST', undefined]);
});

test('the WAT template: deallocate with one parameter, bulk memory', async () => {
  const template = assemble(`(module ${env('return_result', 3, 0)} (memory (export "memory") 1)
    (func (export "allocate") (param i32) (result i32) (i32.const 1024))
    (func (export "deallocate") (param i32) (if (i32.ne (local.get 0) (i32.const 1024)) (then unreachable)))
    (func (export "run_e") (param $ptr i32) (param $len i32) (param $ident i32)
      (memory.copy (i32.const 64) (local.get $ptr) (local.get $len))
      (call $return_result (i32.const 64) (local.get $len) (local.get $ident))))`);
  assert.equal(textOf(await run(template)), 'in');
});

test('generation 1: the value goes to the guest’s buffer, a second try is served from memory', async () => {
  let posts = 0;
  const granted = capabilities({
    fetch: async (outgoing) => {
      posts++;
      return { ok: true, value: utf8(`${outgoing.method} number ${posts}`) };
    },
  });
  const old = guest({
    imports: env('return_result', 3, 0) + env('fetch_url', 8),
    fields: '(func (export "run") (param i32 i32) unreachable) (data (i32.const 64) "url")',
    run: `(local.set $n (call $fetch_url (i32.const 2) (i32.const 64) (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 128) (i32.const 4) (local.get $ident)))
      (local.set $n (call $fetch_url (i32.const 2) (i32.const 64) (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 128) (local.get $n) (local.get $ident)))
      (call $return_result (i32.const 128) (local.get $n) (local.get $ident))`,
  });
  const module = sandbox.load(old);
  assert.equal(textOf(await sandbox.call(module, { capabilities: granted })), 'POST number 1');
  assert.equal(posts, 1);
  sandbox.unload(module);
});

test('generations 0 and 1 get a request as one line', async () => {
  const request = {
    method: 'GET',
    url: '/a?b=c',
    id: 'f0',
    body: utf8('body'),
    headers: new Map<string, string>(),
    params: new Map<string, string>(),
    state: new Map<string, Uint8Array>(),
    responseHeaders: new Map<string, string>(),
  };
  const lines: string[] = [];
  const first = guest({
    imports: env('return_result', 3, 0) + env('print', 3, 0) + env('fetch', 5),
    fields: '(func (export "init"))',
    run: `(call $print (local.get $ptr) (local.get $len) (local.get $ident)) ${ECHO}`,
  });
  const granted = capabilities({ log: (_, line) => lines.push(line) });
  assert.equal(textOf(await run(first, { request, capabilities: granted })), 'GET /a?b=c f0');
  assert.equal(lines[0], 'GET /a?b=c f0');
});

test('AssemblyScript, compiled: start section, growing heap, abort by its own handler', async () => {
  const source = `
    @external("env", "return_result") declare function return_result(pointer: usize, length: i32, ident: i32): void;
    @external("env", "return_abort") declare function return_abort(message: usize, messageLength: i32, file: usize, fileLength: i32, line: u32, column: u32, ident: i32): void;
    let current: i32 = 0;
    const greeting: string = ["hello", "from", "start"].join(" ");
    export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
      const text = String.UTF8.encode(message ? message : "");
      const place = String.UTF8.encode(file ? file : "");
      return_abort(changetype<usize>(text), text.byteLength, changetype<usize>(place), place.byteLength, line, column, current);
      unreachable();
    }
    export function allocate(size: i32): usize { return heap.alloc(size); }
    export function deallocate(pointer: usize, size: i32): void { heap.free(pointer); }
    export function run_e(pointer: usize, size: i32, ident: i32): void {
      current = ident;
      const input = String.UTF8.decodeUnsafe(pointer, size);
      if (input == "fail") throw new Error("as asked");
      let text = "";
      for (let i = 0; i < 3; i++) text += input + ",";
      const big = new Uint8Array(200000);
      const output = String.UTF8.encode(greeting + ": " + text + big.length.toString());
      return_result(changetype<usize>(output), output.byteLength, ident);
    }`;
  const bytes = await compileAssemblyScript(source);
  assert.equal(textOf(await run(bytes, { input: utf8('wörld') })), 'hello from start: wörld,wörld,wörld,200000');
  const failed = await run(bytes, { input: utf8('fail') });
  assert.match(
    failed.kind === 'guest-error' ? `${failed.code} ${failed.message}` : JSON.stringify(failed),
    /^-1 runnable abort: as asked; file: index\.ts, line: \d+, col: \d+$/,
  );
});

/** Imports of all of preview 1. */
function everyWasiFunction(): string {
  const types: Record<string, string> = { i: 'i32', I: 'i64' };
  return Object.entries(WASI_SIGNATURES)
    .map(([name, signature]) => {
      const [params = '', results] = signature.split(':');
      const letters = params.split('').map((letter) => types[letter]);
      return wasi(name, letters.join(' '), results === '' ? 0 : 1);
    })
    .join('');
}
