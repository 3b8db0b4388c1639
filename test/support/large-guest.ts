/** Guests of many megabytes, made without assembling as much text. */
import assert from 'node:assert/strict';
import { ECHO, env, guestText } from './guests.ts';
import { assemble } from './wasm-engine.ts';

/** A module of at least `megabytes`: functions of some 660 bytes each, of which it calls one; it returns its input. */
export function large(megabytes: number): Uint8Array {
  const count = Math.ceil((megabytes * (1 << 20)) / 660);
  const step = '(local.set 0 (i32.add (i32.mul (local.get 0) (i32.const 1103515245)) (i32.const 12345)))';
  const body = assemble(`(module (func (param i32) (result i32) ${step.repeat(40)} (local.get 0)))`);
  // The code section of one such function, cut out and put in again as often as needed: assembling text takes much longer.
  const one = functionBody(body);
  const base = assemble(
    guestText({
      imports: env('return_result', 3, 0),
      fields: '(func $big (param i32) (result i32) (local.get 0))',
      run: `(drop (call $big (i32.const 1))) ${ECHO}`,
    }),
  );
  return withFunctions(base, one, count);
}

/** `value` in LEB128. */
export const leb = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
};

function readLeb(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0, position = at; ; shift += 7, position++) {
    const byte = bytes[position] as number;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, position + 1];
  }
}

function sectionsOf(bytes: Uint8Array): { readonly id: number; readonly body: Uint8Array }[] {
  const sections = [];
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at] as number;
    const [size, start] = readLeb(bytes, at + 1);
    sections.push({ id, body: bytes.subarray(start, start + size) });
    at = start + size;
  }
  return sections;
}

/** The one function body of a module, with its length before it. */
function functionBody(bytes: Uint8Array): Uint8Array {
  const code = sectionsOf(bytes).find(({ id }) => id === 10);
  assert.ok(code);
  return code.body.subarray(1);
}

/** `base` with `count` more functions of the type that its function `$big`, the first of its own, has. */
function withFunctions(base: Uint8Array, one: Uint8Array, count: number): Uint8Array {
  const parts: Uint8Array[] = [base.subarray(0, 8)];
  for (const { id, body } of sectionsOf(base)) {
    const grown: Uint8Array[] = [];
    if (id === 3 || id === 10) {
      const [before, start] = readLeb(body, 0);
      const [type] = readLeb(body, start);
      const more = id === 3 ? new Uint8Array(count).fill(type) : new Uint8Array(count * one.length);
      if (id === 10) for (let i = 0; i < count; i++) more.set(one, i * one.length);
      grown.push(Uint8Array.from(leb(before + count)), body.subarray(start), more);
    } else {
      grown.push(body);
    }
    const size = grown.reduce((sum, { length }) => sum + length, 0);
    parts.push(Uint8Array.from([id, ...leb(size)]), ...grown);
  }
  return new Uint8Array(Buffer.concat(parts));
}
