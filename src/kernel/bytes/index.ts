/**
 * Byte arrays by themselves: what a short command loads of this room (`docs/hardening.md` §6). All others take them from `kernel/`.
 *
 * Layer 0, no input or output. Read: bytes.ts.
 * Invariants: what is decoded is valid, or a coded error. Tests: bytes.test.ts.
 */
export { BytesError, EMPTY, compare, concat, concatAll, equal, fromHex, fromUtf8, toHex, utf8 } from './bytes.ts';
