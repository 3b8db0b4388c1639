/** Texts as the host wants them: UTF-8 with a pointer and a length. */

/** The UTF-8 bytes of a text. Keep the object in a variable while the host reads from its pointer. */
export class Utf8 {
  private readonly bytes: ArrayBuffer;

  constructor(text: string) {
    this.bytes = String.UTF8.encode(text);
  }

  get pointer(): usize {
    return changetype<usize>(this.bytes);
  }

  get length(): i32 {
    return this.bytes.byteLength;
  }
}

/** The text of UTF-8 `bytes`. */
export function textOf(bytes: Uint8Array): string {
  return String.UTF8.decodeUnsafe(bytes.dataStart, bytes.length);
}
