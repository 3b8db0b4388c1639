import { open } from 'node:fs/promises';
import { quoted } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';

/** Ours: bytes that are asked for at a time. */
const CHUNK_BYTES = 64 * 1024;

/**
 * The bytes of `file`, which may be a pipe, as of `<(…)` of a shell: its size says nothing, so bytes are counted as they come.
 * @throws {NodeError} NODE_INPUT when there are more than `maxBytes` · the error of the system, such as ENOENT
 */
export async function readUserFile(file: string, maxBytes: number): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const chunks: Uint8Array[] = [];
    for (let length = 0; ; ) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      // Nothing after the first byte too many.
      const { bytesRead } = await handle.read(chunk, 0, Math.min(CHUNK_BYTES, maxBytes + 1 - length), null);
      if (bytesRead === 0) return new Uint8Array(Buffer.concat(chunks, length));
      length += bytesRead;
      if (length > maxBytes) throw tooLarge(file, maxBytes);
      chunks.push(chunk.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

function tooLarge(file: string, maxBytes: number): NodeError {
  return new NodeError('NODE_INPUT', `${quoted(file)} has more than ${maxBytes} bytes`, {
    remedy: 'check that it is the file that is meant',
  });
}
