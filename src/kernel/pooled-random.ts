import type { RandomSource } from './clock.ts';

/** Ours: bytes that are drawn at once; a longer draw goes to the source itself. */
const BLOCK_BYTES = 1024;

/**
 * The same chance in small portions: draws a block of `source` at a time, because one draw of the system costs as much for 16
 * bytes as for hundreds. Each byte is handed out once and overwritten in the block as it is. For names and tokens; keys
 * are drawn from the source itself, so that none waits in memory before it is made.
 */
export function pooledRandom(source: RandomSource): RandomSource {
  let block: Uint8Array = new Uint8Array(0);
  let at = 0;
  return (length) => {
    if (length > BLOCK_BYTES / 8) return source(length);
    if (block.length - at < length) {
      block.fill(0, at);
      block = source(BLOCK_BYTES);
      at = 0;
      // A source that yields too few bytes is for the one who asked to judge.
      if (block.length < length) return block.slice();
    }
    const drawn = block.slice(at, at + length);
    block.fill(0, at, at + length);
    at += length;
    return drawn;
  };
}
