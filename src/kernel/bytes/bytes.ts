/** Byte arrays: text forms, concatenation and comparison. */
import { CodedError } from '../errors/index.ts';

/** Raised by the text decoders of this file. */
export class BytesError extends CodedError<'BYTES_INVALID_HEX' | 'BYTES_INVALID_UTF8'> {}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Up to this length a loop over ASCII is faster than a call of the decoder; names in messages are mostly that short. */
const SHORT = 12;

/** An empty array, shared; nobody can write to it. */
export const EMPTY: Uint8Array = new Uint8Array(0);

/** UTF-8 bytes of `text`, a new array. Lone surrogates become U+FFFD. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * The text of UTF-8 `bytes`; a byte order mark is kept.
 * @throws {BytesError} BYTES_INVALID_UTF8
 */
export function fromUtf8(bytes: Uint8Array): string {
  const short = bytes.length <= SHORT ? shortAscii(bytes) : undefined;
  if (short !== undefined) return short;
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new BytesError('BYTES_INVALID_UTF8', 'the bytes are not valid UTF-8', { cause });
  }
}

function shortAscii(bytes: Uint8Array): string | undefined {
  let text = '';
  for (const byte of bytes) {
    if (byte > 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Lower-case hex of `bytes`. */
export function toHex(bytes: Uint8Array): string {
  return bytes.toHex();
}

/**
 * Bytes of `hex`, either case, no prefix, no white space. The error does not show the text, which may be a secret.
 * @throws {BytesError} BYTES_INVALID_HEX
 */
export function fromHex(hex: string): Uint8Array {
  try {
    return Uint8Array.fromHex(hex);
  } catch (cause) {
    const wrong = hex.search(/[^0-9a-fA-F]/);
    const why = wrong < 0 ? `an odd number of digits (${hex.length})` : `character ${wrong + 1} is no hex digit`;
    throw new BytesError('BYTES_INVALID_HEX', `not a hex text: ${why}`, { cause });
  }
}

/** A new array that holds all `parts` one after the other. Of parts that a peer makes there may be more than a call takes: see {@link concatAll}. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return concatAll(parts);
}

/** As {@link concat}, of any number of parts: the engine takes some hundred thousand arguments for a call, and throws at more. */
export function concatAll(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Whether `a` and `b` hold the same bytes; stops at the first difference, so never for secrets. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Order of `a` and `b` by their first differing byte, then by length: negative, zero or positive. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
