/**
 * CBOR (RFC 8949) as the wire needs it: exact bytes out, the reference decoder's exact leniency in.
 *
 * Specification: `docs/protocol/encoding.md` §1 · layer 0.
 * Read: writer.ts, reader.ts. Invariants: no recursion beyond 64 levels, no allocation from an announced length.
 * Vectors: `test/vectors/cbor` (RFC 8949 appendix A).
 */
export { CborError } from './errors.ts';
export { CborReader, type CborCursor, type CborKind } from './reader.ts';
export { CborWriter } from './writer.ts';
