import { Errno, WasiFault } from './errno.ts';

/** Longest path, bytes. */
export const MAX_PATH_BYTES = 4096;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a path or a link. @throws {WasiFault} ilseq when the bytes are no UTF-8 */
export function pathText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    // The decoder's only complaint.
    throw new WasiFault(Errno.ilseq);
  }
}
