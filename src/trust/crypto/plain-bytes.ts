/**
 * The same memory as a plain `Uint8Array`. What `node:crypto` returns is a `Buffer`, whose `slice` shares memory where that of
 * a `Uint8Array` copies; no caller should have to know which of the two it holds.
 */
export function plainBytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
