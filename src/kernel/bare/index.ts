/**
 * BARE (draft-devault-bare) as far as the wire uses it: payloads of workers, routes of the older transports.
 *
 * Specification: `docs/protocol/encoding.md` §2 · layer 0. Read: writer.ts, reader.ts.
 * Invariant: no allocation from an announced length. Vectors: `docs/protocol/encoding.md` §2.2.
 */
export { BareError } from './errors.ts';
export { BareReader, decodeBareData, decodeBareString } from './reader.ts';
export { BareWriter, encodeBareData, encodeBareString } from './writer.ts';
