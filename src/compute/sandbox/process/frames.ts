/** Values in length-prefixed frames over a pipe: a 32-bit little-endian length, then the engine's structured clone. */
import { deserialize, serialize } from 'node:v8';
import { SandboxError } from '../errors.ts';

const PREFIX = 4;

/** `value` as one frame. */
export function encodeFrame(value: unknown): Buffer {
  const body = serialize(value);
  const frame = Buffer.allocUnsafe(PREFIX + body.length);
  frame.writeUInt32LE(body.length);
  body.copy(frame, PREFIX);
  return frame;
}

/** Puts frames together again from the pieces in which they arrive. */
export class FrameReader {
  readonly #maxBytes: number;
  #pieces: Uint8Array[] = [];
  #held = 0;

  /** @param maxBytes the longest frame that is accepted; no more than that and one piece is ever held. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The values that `piece` completes, in order.
   * @throws {SandboxError} SANDBOX_BAD_FRAME for a frame that is too long or no value; the reader is spent then.
   */
  push(piece: Uint8Array): unknown[] {
    this.#pieces.push(piece);
    this.#held += piece.length;
    const values: unknown[] = [];
    for (;;) {
      const length = this.#announced();
      if (length === undefined || this.#held < PREFIX + length) return values;
      const all = this.#pieces.length === 1 ? (this.#pieces[0] as Uint8Array) : Buffer.concat(this.#pieces);
      values.push(decode(all.subarray(PREFIX, PREFIX + length)));
      this.#held -= PREFIX + length;
      this.#pieces = this.#held === 0 ? [] : [all.subarray(PREFIX + length)];
    }
  }

  /** Length of the frame that is arriving; undefined while not even that is there. */
  #announced(): number | undefined {
    if (this.#held < PREFIX) return undefined;
    if ((this.#pieces[0] as Uint8Array).length < PREFIX) this.#pieces = [Buffer.concat(this.#pieces)];
    const [first] = this.#pieces;
    const length = new DataView((first as Uint8Array).buffer, (first as Uint8Array).byteOffset).getUint32(0, true);
    if (length > this.#maxBytes) throw bad(`a frame of ${length} bytes, at most ${this.#maxBytes} are accepted`);
    return length;
  }
}

function decode(body: Uint8Array): unknown {
  try {
    return deserialize(body);
  } catch (cause) {
    throw bad('a frame holds no value', cause);
  }
}

function bad(message: string, cause?: unknown): SandboxError {
  return new SandboxError('SANDBOX_BAD_FRAME', message, { cause });
}
