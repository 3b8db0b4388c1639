/** Lists of buffers in a guest's memory, as `fd_read` and `fd_write` take them. */
import type { GuestMemory } from '../abi/index.ts';
import { Errno, WasiFault } from './errno.ts';

const MAX_VECTORS = 1024;
const VECTOR_BYTES = 8;

/** One buffer. */
export interface Vector {
  readonly pointer: number;
  readonly length: number;
}

/**
 * The buffers of a list, as many of them as make `most` bytes; the last one is cut. All of them are examined.
 * @param mostEach a longer one is cut, and is the last.
 * @throws {WasiFault} inval when there are too many, fault when the list or one of them is not inside the memory
 */
export function readVectors(
  memory: GuestMemory,
  list: number,
  count: number,
  most: number,
  mostEach: number = most,
): Vector[] {
  const number = count >>> 0;
  if (number > MAX_VECTORS) throw new WasiFault(Errno.inval);
  if (!memory.holds(list, number * VECTOR_BYTES)) throw new WasiFault(Errno.fault);
  const vectors: Vector[] = [];
  let left = most;
  let full = false;
  for (let at = list >>> 0, end = at + number * VECTOR_BYTES; at < end; at += VECTOR_BYTES) {
    const pointer = memory.readU32(at) ?? 0;
    const whole = memory.readU32(at + 4) ?? 0;
    if (!memory.holds(pointer, whole)) throw new WasiFault(Errno.fault);
    if (full) continue;
    const length = Math.min(whole, left, mostEach);
    vectors.push({ pointer, length });
    left -= length;
    full = length < whole;
  }
  return vectors;
}

/** How many bytes the buffers have together. */
export function totalLength(vectors: readonly Vector[]): number {
  return vectors.reduce((sum, { length }) => sum + length, 0);
}

/** A copy of what is in the buffers. */
export function gather(memory: GuestMemory, vectors: readonly Vector[]): Uint8Array {
  const bytes = new Uint8Array(totalLength(vectors));
  let offset = 0;
  for (const { pointer, length } of vectors) {
    const piece = memory.copy(pointer, length);
    if (piece === undefined) throw new WasiFault(Errno.fault);
    bytes.set(piece, offset);
    offset += length;
  }
  return bytes;
}

/** Fills the buffers, one after another, with `bytes`, of which there are no more than fit. */
export function scatter(memory: GuestMemory, vectors: readonly Vector[], bytes: Uint8Array): void {
  let offset = 0;
  for (const { pointer, length } of vectors) {
    if (!memory.write(pointer, bytes.subarray(offset, offset + length))) throw new WasiFault(Errno.fault);
    offset += length;
  }
}
