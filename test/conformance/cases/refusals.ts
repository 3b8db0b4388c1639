/** Modules that are no guests, and how each host says so (`runnable-abi.md` §2, §3). */
import { env, guest, wasi } from '../../support/guests.ts';
import { assemble } from '../../support/wasm-engine.ts';
import type { Refusal } from '../case.ts';

const MEMORY = '(memory (export "memory") 1)';
const ALLOCATE = '(func (export "allocate") (param i32) (result i32) i32.const 0)';
const RUN = '(func (export "run_e") (param i32 i32 i32))';

const refusal = (title: string, section: string, code: string, module: () => Uint8Array): Refusal => ({
  title,
  section,
  module,
  code,
});
const bare =
  (...fields: readonly string[]) =>
  () =>
    assemble(`(module ${fields.join(' ')})`);
const importing = (imports: string) => () => guest({ imports });

/** Refusals. */
export const REFUSALS: readonly Refusal[] = [
  refusal('no memory', '3', 'ABI_MISSING_EXPORT', bare(ALLOCATE, RUN)),
  refusal('no allocate', '3', 'ABI_MISSING_EXPORT', bare(MEMORY, RUN)),
  refusal('no run_e', '3', 'ABI_MISSING_EXPORT', bare(MEMORY, ALLOCATE)),
  refusal(
    'run_e of another type',
    '3',
    'ABI_BAD_SIGNATURE',
    bare(MEMORY, ALLOCATE, '(func (export "run_e") (param i32 i32))'),
  ),
  refusal('a platform function that does not exist', '2', 'ABI_UNKNOWN_IMPORT', importing(env('open_door', 2))),
  refusal(
    'a platform function with as many parameters as no generation has',
    '8',
    'ABI_BAD_SIGNATURE',
    importing(env('fetch_url', 7)),
  ),
  refusal(
    'one platform function of two generations',
    '8',
    'ABI_BAD_SIGNATURE',
    importing(env('cache_get', 3) + env('cache_get', 5).replace('$cache_get', '$other')),
  ),
  refusal('a Swift variant with too few parameters', '6.1', 'ABI_BAD_SIGNATURE', importing(env('log_msg_swift', 4, 0))),
  refusal('a WASI function of another type', '10', 'ABI_BAD_SIGNATURE', importing(wasi('random_get', 'i32 i64'))),
  refusal('an import from another module', '2', 'ABI_UNKNOWN_IMPORT', importing('(import "host" "f" (func $f))')),
];
