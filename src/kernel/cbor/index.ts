/**
 * CBOR (RFC 8949) as the wire needs it: exact bytes out, the reference decoder's exact leniency in.
 *
 * Specification: `docs/protocol/encoding.md` §1 · layer 0.
 * Read: writer.ts, reader.ts, cursor.ts, input.ts. Invariants: no recursion beyond 128 levels, no allocation from an announced length.
 * Vectors: `test/vectors/cbor` (RFC 8949 appendix A), `docs/protocol/encoding.md` §1.3; oracle in the tests: cborg.
 */
export type { CborCursor } from './cursor.ts';
export { CborError } from './errors.ts';
export type { CborKind } from './input.ts';
export { CborReader } from './reader.ts';
export { CborWriter } from './writer.ts';
