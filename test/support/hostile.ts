import assert from 'node:assert/strict';
import { CodedError } from '../../src/kernel/index.ts';

/** Every proper prefix of `bytes`, the empty one included. */
export function* truncations(bytes: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < bytes.length; length++) yield bytes.slice(0, length);
}

/** `bytes` with one byte changed: every position, its 8 single bits, zero, all ones, and both neighbours. */
export function* byteFlips(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    const changed = new Set([0, 0xff, (byte + 1) & 0xff, (byte - 1) & 0xff]);
    for (let bit = 0; bit < 8; bit++) changed.add(byte ^ (1 << bit));
    changed.delete(byte);
    for (const value of changed) {
      const flipped = bytes.slice();
      flipped[at] = value;
      yield flipped;
    }
  }
}

/**
 * Runs `decode` on hostile input: it may return or throw a coded error whose code starts with `prefix`, nothing else.
 * @returns the code, or undefined when `decode` returned.
 */
export function codeOf(decode: () => unknown, prefix = ''): string | undefined {
  try {
    decode();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof CodedError, `not a coded error: ${String(error)}`);
    assert.ok(error.code.startsWith(prefix), `${error.code} does not start with ${prefix}`);
    return error.code;
  }
}

/** Asserts that each truncation of `bytes` is refused and each byte flip is refused or read, always in a coded way. */
export function assertSturdy(bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown, prefix = ''): void {
  for (const cut of truncations(bytes)) {
    assert.notEqual(
      codeOf(() => decode(cut), prefix),
      undefined,
      `a message cut to ${cut.length} bytes was read`,
    );
  }
  for (const flipped of byteFlips(bytes)) codeOf(() => decode(flipped), prefix);
}
