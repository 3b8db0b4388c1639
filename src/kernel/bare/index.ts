/**
 * BARE (draft-devault-bare) as far as the wire uses it: payloads of workers, routes of the older transports.
 *
 * Specification: `docs/protocol/encoding.md` §2 · layer 0. Read: bare.ts. Invariant: no allocation from an announced length.
 * Vectors: `docs/protocol/encoding.md` §2.2.
 */
export {
  BareError,
  BareReader,
  BareWriter,
  decodeBareData,
  decodeBareString,
  encodeBareData,
  encodeBareString,
} from './bare.ts';
