/** Guests that import, export and start up as those of each toolchain do (`runnable-abi.md` §4, §10, §11). */
import { WASI_SIGNATURES } from '../../../src/compute/abi/signatures.ts';
import { ECHO, env, guest, wasi } from '../../support/guests.ts';
import { assemble } from '../../support/wasm-engine.ts';
import { type Case, SEEN_ALIKE, type Unit } from '../case.ts';

/** Appends `letter` to a trace at address 256; `$traced` is its length. */
const TRACE = `(global $traced (mut i32) (i32.const 0))
  (func $trace (param $letter i32)
    (i32.store8 (i32.add (i32.const 256) (global.get $traced)) (local.get $letter))
    (global.set $traced (i32.add (global.get $traced) (i32.const 1))))`;
const RETURN_TRACE = '(call $return_result (i32.const 256) (global.get $traced) (local.get $ident))';
const trace = (letter: string): string => `(call $trace (i32.const ${letter.charCodeAt(0)}))`;
const exported = (name: string, body: string): string => `(func (export "${name}") ${body})`;
/** A function that runs at start-up, whatever the outcome of the trace. */
const START = exported('_start', trace('s'));
const INIT = exported('init', trace('i'));
const INITIALIZE = exported('_initialize', trace('z'));
const SECTION = `(func $section ${trace('x')}) (start $section)`;

/** A unit whose module starts up in the order that its trace tells; twice, since each call has an instance of its own. */
function traced(name: string, title: string, fields: string, output: string, not: Unit['not'] = SEEN_ALIKE): Unit {
  const made = unit(
    name,
    () => guest({ imports: env('return_result', 3, 0), fields: TRACE + fields, run: trace('r') + RETURN_TRACE }),
    [
      { title, section: '4', outcome: { output } },
      { title: `${title}, again`, section: '4', outcome: { output } },
    ],
  );
  return { ...made, not };
}

function unit(name: string, module: () => Uint8Array, cases: readonly Case[]): Unit {
  return { name, grants: 'everything', choice: 'single', module, cases };
}

/** A unit whose like has a process of its own. */
function alike(name: string, module: () => Uint8Array, cases: readonly Case[]): Unit {
  return { ...unit(name, module, cases), not: SEEN_ALIKE };
}

/** A command whose `_start` ends with `code`. */
function command(code: number): Uint8Array {
  return guest({
    imports: env('return_result', 3, 0) + wasi('proc_exit', 'i32', 0),
    fields: exported('_start', `(call $proc_exit (i32.const ${code})) unreachable`),
    run: ECHO,
  });
}

/** Rust's command modules ask for the environment in every export, have 17 pages, and panic on descriptor 2. */
function rust(): Uint8Array {
  const environment = `(if (call $environ_sizes_get (i32.const 8) (i32.const 12)) (then unreachable))
    (if (i32.or (i32.load (i32.const 8)) (i32.load (i32.const 12))) (then unreachable))`;
  return assemble(`(module
    ${env('return_result', 3, 0)} ${env('return_error', 4, 0)} ${env('get_ffi_result', 2)}
    ${wasi('fd_write', 'i32 i32 i32 i32')} ${wasi('environ_get', 'i32 i32')}
    ${wasi('environ_sizes_get', 'i32 i32')} ${wasi('proc_exit', 'i32', 0)}
    (memory (export "memory") 17) (global (export "__heap_base") i32 (i32.const 1048576)) (data (i32.const 64) "panicked")
    (global $ready (mut i32) (i32.const 0))
    (func (export "_start") ${environment} (global.set $ready (i32.const 1)))
    (func (export "allocate") (param i32) (result i32) ${environment} (i32.const 1048576))
    (func (export "deallocate") (param i32 i32) ${environment})
    (func (export "run_e") (param $ptr i32) (param $len i32) (param $ident i32) ${environment}
      (if (i32.eqz (global.get $ready)) (then unreachable))
      (if (i32.ne (local.get $len) (i32.const 5)) (then ${ECHO} (return)))
      (i32.store (i32.const 16) (i32.const 64)) (i32.store (i32.const 20) (i32.const 8))
      (drop (call $fd_write (i32.const 2) (i32.const 16) (i32.const 1) (i32.const 24))) unreachable))`);
}

/** TinyGo asks for arguments and the time in `_start`, and exports the residue of its toolchain. */
function tinygo(): Uint8Array {
  const residue = ['malloc', 'free', 'calloc', 'realloc', 'asyncify_start_unwind', 'asyncify_stop_unwind']
    .map((name) => `(func (export "${name}") (param i32) unreachable)`)
    .join('\n');
  return assemble(`(module ${env('return_result', 3, 0)} ${env('return_error', 4, 0)}
    ${wasi('fd_write', 'i32 i32 i32 i32')} ${wasi('args_sizes_get', 'i32 i32')} ${wasi('args_get', 'i32 i32')}
    ${wasi('clock_time_get', 'i32 i64 i32')}
    (memory (export "memory") 2) (global $ready (mut i32) (i32.const 0)) ${residue}
    (func (export "run") (param i32 i32) unreachable)
    (func (export "_start")
      (if (call $args_sizes_get (i32.const 8) (i32.const 12)) (then unreachable))
      (if (i32.load (i32.const 8)) (then unreachable))
      (if (call $clock_time_get (i32.const 0) (i64.const 1000) (i32.const 16)) (then unreachable))
      (if (i64.lt_u (i64.load (i32.const 16)) (i64.const 1600000000000000000)) (then unreachable))
      (global.set $ready (i32.const 1)))
    (func (export "allocate") (param i32) (result i32) (if (i32.eqz (global.get $ready)) (then unreachable)) (i32.const 65536))
    (func (export "deallocate") (param i32 i32))
    (func (export "run_e") (param $ptr i32) (param $len i32) (param $ident i32) ${ECHO}))`);
}

/** Grain has 64 pages, imports most of WASI, draws random bytes in `_start`, and fetches values that are not pending. */
function grain(): Uint8Array {
  return assemble(`(module ${env('return_result', 3, 0)} ${env('return_error', 4, 0)} ${env('return_abort', 7, 0)}
    ${env('graphql_query', 5)} ${env('fetch_url', 6)} ${env('cache_get', 3)} ${env('cache_set', 6)}
    ${env('request_get_field', 4)} ${env('get_ffi_result', 2)} ${env('log_msg', 4, 0)} ${everyWasiFunction()}
    (memory (export "memory") 64)
    (func (export "_start") (if (call $random_get (i32.const 8) (i32.const 4)) (then unreachable)))
    (func (export "allocate") (param i32) (result i32) (i32.const 4000000))
    (func (export "deallocate") (param i32 i32))
    (func (export "run_e") (param $ptr i32) (param $len i32) (param $ident i32)
      (if (call $cache_set (local.get $ptr) (local.get $len) (local.get $ptr) (local.get $len) (i32.const 0) (local.get $ident)) (then unreachable))
      (if (i32.ne (call $get_ffi_result (i32.const 64) (local.get $ident)) (i32.const -1)) (then unreachable)) ${ECHO}))`);
}

/** Swift registers itself in `init`, imports all of WASI, and its platform functions have two more parameters. */
function swift(): Uint8Array {
  return assemble(`(module ${env('return_result_swift', 5, 0)} ${env('log_msg_swift', 6, 0)}
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
}

/** The template in text form: `deallocate` with one parameter, bulk memory. */
function template(): Uint8Array {
  return assemble(`(module ${env('return_result', 3, 0)} (memory (export "memory") 1)
    (func (export "allocate") (param i32) (result i32) (i32.const 1024))
    (func (export "deallocate") (param i32) (if (i32.ne (local.get 0) (i32.const 1024)) (then unreachable)))
    (func (export "run_e") (param $ptr i32) (param $len i32) (param $ident i32)
      (memory.copy (i32.const 64) (local.get $ptr) (local.get $len))
      (call $return_result (i32.const 64) (local.get $len) (local.get $ident))))`);
}

/** A guest with that `deallocate`. */
function withDeallocate(deallocate: string): Uint8Array {
  return assemble(`(module ${env('return_result', 3, 0)} (memory (export "memory") 1) ${deallocate}
    (func (export "allocate") (param i32) (result i32) (i32.const 1024))
    (func (export "run_e") (param $ptr i32) (param $len i32) (param $ident i32) ${ECHO}))`);
}

const LARGE = 'each line of it is the same as the last\n'.repeat(25_000);

const echoed = (title: string, body = 'in', output = body): Case => ({
  title,
  section: '11',
  request: { body },
  outcome: { output },
});

/** Start-up in every order, and an imitation of each toolchain. */
export const TOOLCHAIN_UNITS: readonly Unit[] = [
  traced('start-nothing', 'no start-up function', '', 'r'),
  traced(
    'start-all',
    'start section, _start, init; _initialize is not called beside _start',
    INIT + START + INITIALIZE + SECTION,
    'xsir',
    {},
  ),
  traced('start-reactor', '_initialize, then init', INIT + INITIALIZE, 'zir'),
  traced('start-init', 'init alone', INIT, 'ir'),
  alike('start-exit-0', () => command(0), [
    {
      title: 'a _start that ends with exit code 0 goes on',
      section: '4',
      request: { body: 'in' },
      outcome: { output: 'in' },
    },
  ]),
  alike('start-exit-3', () => command(3), [
    { title: 'a _start that ends with another code does not', section: '4', outcome: { failure: 'TRAP' } },
  ]),
  unit('rust', rust, [
    echoed('Rust: 17 pages, the environment in every export'),
    {
      title: 'Rust: a panic is a line of the log and a trap',
      section: '11',
      request: { body: 'panic' },
      outcome: { failure: 'TRAP' },
      logs: ['error: panicked'],
    },
  ]),
  unit('tinygo', tinygo, [echoed('TinyGo: arguments and clock in _start; the residue of its toolchain is left alone')]),
  unit('grain', grain, [echoed('Grain: 64 pages, all of WASI, get_ffi_result when nothing is pending')]),
  unit('swift-wasi', swift, [
    {
      title: 'Swift: init, two more parameters, all of WASI',
      section: '11',
      request: { method: 'DELETE' },
      outcome: { output: 'DELETE' },
    },
  ]),
  unit('large', () => guest({ imports: env('return_result', 3, 0), pages: 20, run: ECHO }), [
    echoed('a megabyte in and out', LARGE),
    echoed('no byte in and out', ''),
  ]),
  alike('without-deallocate', () => withDeallocate(''), [echoed('no deallocate')]),
  alike('bare-deallocate', () => withDeallocate('(func (export "deallocate"))'), [
    echoed('deallocate without parameters'),
  ]),
  alike('late-trap', () => withDeallocate('(func (export "deallocate") (param i32 i32) unreachable)'), [
    echoed('a deallocate that traps changes nothing'),
  ]),
  alike('template', template, [echoed('text format: deallocate with one parameter')]),
];

/** Imports of all of preview 1. */
function everyWasiFunction(): string {
  const types: Readonly<Record<string, string>> = { i: 'i32', I: 'i64' };
  return Object.entries(WASI_SIGNATURES)
    .map(([name, signature]) => {
      const [params = '', results] = signature.split(':');
      const letters = params.split('').map((letter) => types[letter]);
      return wasi(name, letters.join(' '), results === '' ? 0 : 1);
    })
    .join('');
}
