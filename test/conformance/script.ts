/**
 * Guests that are written as a list of host calls.
 *
 * A scripted guest holds several scripts and runs the one that its request chooses. Each step writes one line: what the call
 * returned, or what was pending. The lines are the guest's result, so one text says what a host did, whatever host it was.
 */
import { ENV_SIGNATURES, type EnvFunction } from '../../src/compute/abi/signatures.ts';
import { env } from '../support/guests.ts';
import { assemble } from '../support/wasm-engine.ts';

/** A text or bytes (pointer and length), a number, or an expression in text form that leaves one i32. */
export type Argument = string | Uint8Array | number | { readonly wat: string };

/** One step of a script. */
export type Step =
  /** Calls a platform function; writes its result, if it has one. */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Argument[]; readonly ident: string }
  /** Fetches as many pending bytes as the last result says; writes them, or `none`. */
  | { readonly kind: 'take'; readonly swift: boolean }
  /** Writes what a function of generation 1 has put into {@link TARGET}, as many bytes as it said. */
  | { readonly kind: 'show' }
  /** Any instructions; `$ptr`, `$len` and `$ident` are the parameters of `run_e`. */
  | { readonly kind: 'wat'; readonly text: string };

/** A buffer for values, one page long. */
export const TARGET = 65_536;

const STRINGS = 1024;
const LINES = 32_768;
const HEAP = 131_072;
const IDENT = '(local.get $ident)';

/** A call under the ident of the running call. */
export function call(name: string, ...args: readonly Argument[]): Step {
  return { kind: 'call', name, args, ident: IDENT };
}

/** A call under another ident. */
export function callAs(ident: string, name: string, ...args: readonly Argument[]): Step {
  return { kind: 'call', name, args, ident };
}

/** Fetches what is pending. */
export const take: Step = { kind: 'take', swift: false };
/** The same through the variant that Swift's compiler makes. */
export const takeSwift: Step = { kind: 'take', swift: true };
/** Shows what stands in the guest's buffer. */
export const show: Step = { kind: 'show' };

/** Instructions between the calls. */
export function wat(text: string): Step {
  return { kind: 'wat', text };
}

/** How a scripted guest learns which script to run. */
export type Choice =
  /** There is only one. */
  | 'single'
  /** Two digits in the request header `x-case`. */
  | 'header'
  /** Two digits at the end of the URL, in the line that is the input of generations 0 and 1. */
  | 'line';

/** What a scripted guest is made of. */
export interface ScriptedGuest {
  readonly choice: Choice;
  readonly scripts: readonly (readonly Step[])[];
  /** Further imports, fields and data, such as the marks of a toolchain. */
  readonly imports?: string;
  readonly fields?: string;
}

/** The binary of a scripted guest. */
export function scriptedGuest({ choice, scripts, imports = '', fields = '' }: ScriptedGuest): Uint8Array {
  const strings = new StringTable();
  const used = new Set<string>(['return_result/3']);
  if (choice === 'header') for (const key of ['request_get_field/4', 'get_ffi_result/2']) used.add(key);
  const bodies = scripts.map((steps) => steps.map((step) => instructionsOf(step, strings, used)).join('\n'));
  const functions = bodies.map(
    (body, i) =>
      `(func $script${i} (param $ptr i32) (param $len i32) (param $ident i32) (local $n i32) (local $at i32) ${body})`,
  );
  const cases = bodies.map(
    (_, i) =>
      `(if (i32.eq (local.get $n) (i32.const ${i})) (then (call $script${i} (local.get $ptr) (local.get $len) ${IDENT})))`,
  );
  const choose = chooser(choice, strings);
  const given = new Set([...imports.matchAll(/\(func \$(\w+)/g)].map((match) => match[1]));
  const platform = [...used].filter((key) => !given.has(idOf(key))).map(importOf);
  return assemble(`(module ${platform.join('')} ${imports}
    (memory (export "memory") 4)
    (global $heap (mut i32) (i32.const ${HEAP})) (global $end (mut i32) (i32.const ${LINES}))
    ${strings.data()} ${fields} ${SAYING} ${functions.join('\n')}
    (func (export "allocate") (param $size i32) (result i32)
      (global.get $heap) (global.set $heap (i32.add (global.get $heap) (local.get $size))))
    (func (export "deallocate") (param i32 i32))
    (func (export "run_e") (param $ptr i32) (param $len i32) (param $ident i32) (local $n i32)
      ${choose} ${cases.join('\n')}
      (call $return_result_3 (i32.const ${LINES}) (i32.sub (global.get $end) (i32.const ${LINES})) ${IDENT})))`);
}

const SAYING = `
  (func $say (param $ptr i32) (param $len i32)
    (memory.copy (global.get $end) (local.get $ptr) (local.get $len))
    (global.set $end (i32.add (global.get $end) (local.get $len))))
  (func $say_byte (param $byte i32)
    (i32.store8 (global.get $end) (local.get $byte)) (global.set $end (i32.add (global.get $end) (i32.const 1))))
  (func $say_digits (param $n i32)
    (if (i32.ge_u (local.get $n) (i32.const 10)) (then (call $say_digits (i32.div_u (local.get $n) (i32.const 10)))))
    (call $say_byte (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10)))))
  (func $say_number (param $n i32)
    (if (i32.lt_s (local.get $n) (i32.const 0))
      (then (call $say_byte (i32.const 45)) (local.set $n (i32.sub (i32.const 0) (local.get $n)))))
    (call $say_digits (local.get $n)))
  (func $end_line (call $say_byte (i32.const 10)))
  (func $magnitude (param $n i32) (result i32)
    (select (i32.sub (i32.const 0) (local.get $n)) (local.get $n) (i32.lt_s (local.get $n) (i32.const 0))))`;

function instructionsOf(step: Step, strings: StringTable, used: Set<string>): string {
  switch (step.kind) {
    case 'call':
      return callOf(step, strings, used);
    case 'take': {
      const key = step.swift ? 'get_ffi_result_swift/4' : 'get_ffi_result/2';
      used.add(key);
      const extra = step.swift ? '(i32.const 7) (i32.const 7)' : '';
      const [none, length] = strings.add('none');
      return `(local.set $at (call $${idOf(key)} (i32.const ${TARGET}) ${IDENT} ${extra}))
        (if (local.get $at)
          (then (call $say (i32.const ${none}) (i32.const ${length})))
          (else (call $say (i32.const ${TARGET}) (call $magnitude (local.get $n)))))
        (call $end_line)`;
    }
    case 'show':
      return `(call $say (i32.const ${TARGET}) (local.get $n)) (call $end_line)`;
    default:
      return step.text;
  }
}

function callOf(step: Extract<Step, { kind: 'call' }>, strings: StringTable, used: Set<string>): string {
  const operands: string[] = [];
  for (const arg of step.args) {
    if (typeof arg === 'number') operands.push(`(i32.const ${arg})`);
    else if (typeof arg === 'object' && 'wat' in arg) operands.push(arg.wat);
    else operands.push(...strings.add(arg).map((value) => `(i32.const ${value})`));
  }
  operands.push(step.ident);
  // The calling convention's own slots: the host must not look at them.
  if (step.name.endsWith('_swift')) operands.push('(i32.const 7)', '(i32.const 7)');
  const key = `${step.name}/${operands.length}`;
  used.add(key);
  const invocation = `(call $${idOf(key)} ${operands.join(' ')})`;
  if (resultsOf(key) === 0) return invocation;
  return `(local.set $n ${invocation}) (call $say_number (local.get $n)) (call $end_line)`;
}

/** Leaves the number of the script in `$n`. */
function chooser(choice: Choice, strings: StringTable): string {
  const digits = (at: string): string => `(local.set $n (i32.add
    (i32.mul (i32.const 10) (i32.sub (i32.load8_u ${at}) (i32.const 48)))
    (i32.sub (i32.load8_u offset=1 ${at}) (i32.const 48))))`;
  switch (choice) {
    case 'single':
      return '';
    case 'header': {
      const [key, length] = strings.add('x-case');
      return `(drop (call $request_get_field_4 (i32.const 2) (i32.const ${key}) (i32.const ${length}) ${IDENT}))
        (drop (call $get_ffi_result_2 (i32.const ${TARGET}) ${IDENT}))
        ${digits(`(i32.const ${TARGET})`)} (memory.fill (i32.const ${TARGET}) (i32.const 0) (i32.const 2))`;
    }
    default:
      // `METHOD …NN ID`: the ID is a UUID of 36 characters.
      return digits('(i32.sub (i32.add (local.get $ptr) (local.get $len)) (i32.const 39))');
  }
}

function importOf(key: string): string {
  const [name = '', params] = key.split('/');
  return env(name, Number(params), resultsOf(key)).replace(`(func $${name} `, `(func $${idOf(key)} `);
}

function idOf(key: string): string {
  return key.replace('/', '_');
}

function resultsOf(key: string): 0 | 1 {
  const [name = '', params] = key.split('/');
  const swift = name.endsWith('_swift');
  const plain = swift ? `${name.slice(0, -'_swift'.length)}/${Number(params) - 2}` : key;
  const signature = ENV_SIGNATURES[plain as EnvFunction] as { results: 0 | 1 } | undefined;
  if (signature === undefined) throw new Error(`there is no platform function ${plain}`);
  return signature.results;
}

/** Texts and bytes of a guest, in one data segment. */
class StringTable {
  #bytes: number[] = [];

  add(value: string | Uint8Array): [pointer: number, length: number] {
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    const pointer = STRINGS + this.#bytes.length;
    this.#bytes.push(...bytes);
    if (STRINGS + this.#bytes.length > LINES) throw new Error('the texts of this guest do not fit');
    return [pointer, bytes.length];
  }

  data(): string {
    const text = this.#bytes.map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
    return `(data (i32.const ${STRINGS}) "${text}")`;
  }
}
