/**
 * Messages over TCP: version byte, length-prefixed CBOR frames, one pair of workers for each connection.
 *
 * Specification: `docs/protocol/tcp-transport.md` §1–§6 · layer 2.
 * Read: frame-reader.ts, frame-writer.ts, socket-link.ts, tcp-transport.ts.
 * Invariants: no allocation from an announced length; a full socket stops senders, a busy worker stops the socket; a
 * faulty stream ends its own connection with a counted reason and touches no other.
 * Vectors: `docs/protocol/tcp-transport.md` §6; hostile streams in `hostile-stream.test.ts`.
 */
export { FrameReader, PROTOCOL_VERSION } from './frame-reader.ts';
export { FrameWriter } from './frame-writer.ts';
export { TcpTransport, type TcpTransportOptions } from './tcp-transport.ts';
