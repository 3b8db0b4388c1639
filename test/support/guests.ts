import type { CallCapabilities, CapabilityAnswer } from '../../src/compute/capability/index.ts';
import type { Clock } from '../../src/kernel/index.ts';
import { assemble } from './wasm-engine.ts';

/** Time as it passes: what guests and threads do cannot be simulated. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule: (delayMs, action) => {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

const REFUSED: CapabilityAnswer = { ok: false, message: 'capability is not enabled', reason: 'refused' };

/** Capabilities that refuse everything but the request's own fields, with `granted` on top. */
export function capabilities(granted: Partial<CallCapabilities> = {}): CallCapabilities {
  const refuse = async (): Promise<CapabilityAnswer> => REFUSED;
  return {
    requestFields: { get: true, set: true, responseHeaders: true },
    log: () => {},
    fetch: refuse,
    graphql: refuse,
    cacheGet: refuse,
    cacheSet: refuse,
    staticFile: refuse,
    database: refuse,
    secret: refuse,
    ...granted,
  };
}

/** Parts of a guest in text form. */
export interface GuestText {
  /** `(import …)` fields; they must come first in a module. */
  readonly imports?: string;
  readonly pages?: number;
  /** Further fields: functions, globals, data, a start section. */
  readonly fields?: string;
  /** Body of `allocate (param $size i32) (result i32)`. */
  readonly allocate?: string;
  /** Body of `run_e (param $ptr i32) (param $len i32) (param $ident i32)`. */
  readonly run?: string;
}

/** The text of a guest: a bump allocator from 32768 on, and whatever `parts` add. */
export function guestText(parts: GuestText): string {
  return `(module ${parts.imports ?? ''}
    (memory (export "memory") ${parts.pages ?? 1})
    (global $heap (mut i32) (i32.const 32768))
    ${parts.fields ?? ''}
    (func $allocate (export "allocate") (param $size i32) (result i32) (local $at i32) ${
      parts.allocate ??
      `(local.set $at (global.get $heap))
       (global.set $heap (i32.add (local.get $at) (local.get $size)))
       (local.get $at)`
    })
    (func (export "deallocate") (param i32 i32))
    (func $run (export "run_e") (param $ptr i32) (param $len i32) (param $ident i32) (local $n i32) ${parts.run ?? ''}))`;
}

/** A guest in binary form, see {@link guestText}. */
export function guest(parts: GuestText): Uint8Array {
  return assemble(guestText(parts));
}

/** `(import "env" "name" (func $name …))` of a function with `params` i32 parameters. */
export function env(name: string, params: number, results: 0 | 1 = 1): string {
  const result = results === 1 ? ' (result i32)' : '';
  return `(import "env" "${name}" (func $${name} (param${' i32'.repeat(params)})${result}))\n`;
}

/** `(import "wasi_snapshot_preview1" "name" …)` with the types of `params`, such as `i32 i64 i32`. */
export function wasi(name: string, params: string, results: 0 | 1 = 1): string {
  const result = results === 1 ? ' (result i32)' : '';
  return `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${params})${result}))\n`;
}

/** `return_result` of the input itself. */
export const ECHO: string = '(call $return_result (local.get $ptr) (local.get $len) (local.get $ident))';

/** A guest that returns its input. */
export function echo(): Uint8Array {
  return guest({ imports: env('return_result', 3, 0), run: ECHO });
}
