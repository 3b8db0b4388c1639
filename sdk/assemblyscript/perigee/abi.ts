/**
 * What the host calls, and how a call begins and ends (`runnable-abi.md` §3 to §5).
 *
 * The build gives every function an entry that exports `allocate` and `deallocate` from here and a `run_e` that calls
 * `begin`, the function's own `run`, and `finish`.
 */
import { return_abort, return_error, return_result } from './env';
import { Utf8 } from './utf8';

/** Names the running call; the host hands it to `run_e` and wants it back with every host function. */
let ident: i32 = 0;
let input: Uint8Array = new Uint8Array(0);

/** The running call, for host functions. */
export function currentCall(): i32 {
  return ident;
}

/** The bytes that the call was made with; do not change them. */
export function currentInput(): Uint8Array {
  return input;
}

/** Reserves room for the input; the host calls this first, also for an empty one. */
export function allocate(size: i32): usize {
  return heap.alloc(<usize>size);
}

/** Gives the room back after the call. */
export function deallocate(pointer: usize, _size: i32): void {
  heap.free(pointer);
}

/** Remembers the call and copies its input, because the room it stands in is the host's. */
export function begin(pointer: usize, length: i32, call: i32): void {
  ident = call;
  input = new Uint8Array(length);
  memory.copy(input.dataStart, pointer, <usize>length);
}

/** Hands the result to the host: a text, a `Uint8Array` or an `ArrayBuffer`. */
export function finish<T>(result: T): void {
  if (isString<T>()) {
    const text = new Utf8(<string>result);
    return_result(text.pointer, text.length, ident);
  } else if (result instanceof Uint8Array) {
    return_result(result.dataStart, result.length, ident);
  } else if (result instanceof ArrayBuffer) {
    return_result(changetype<usize>(result), result.byteLength, ident);
  } else {
    ERROR('run must return a string, a Uint8Array or an ArrayBuffer');
  }
}

/**
 * Ends the call with an error. A `code` from 400 to 599 becomes the status of the HTTP response and `message` its text, so
 * write it for the client. It does not return: `return fail<string>(404, 'there is no such page')` keeps the compiler content.
 */
export function fail<T>(code: i32, message: string): T {
  const text = new Utf8(message);
  return_error(code, text.pointer, text.length, ident);
  // The host keeps the error that was reported before the trap.
  return unreachable();
}

/** Replaces the compiler's `abort`: a failed assertion or a `throw` is reported with its place. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const what = new Utf8(message === null ? 'unknown' : message);
  const where = new Utf8(file === null ? 'unknown' : file);
  return_abort(what.pointer, what.length, where.pointer, where.length, line, column, ident);
  unreachable();
}
