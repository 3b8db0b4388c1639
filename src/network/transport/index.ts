/**
 * Ways between nodes: one contract, in memory and over TCP.
 *
 * Specification: `docs/protocol/tcp-transport.md` · layer 2.
 * Read: transport.ts, connection.ts; the implementations have doors of their own (`memory/`, `tcp/`).
 * Invariants: only routes and payload cross; what comes in reaches only consumers of its connection or listener; every
 * connection ends with one counted reason; a slow end slows the other one down.
 * Tests: `conformance.ts`, run by both implementations.
 */
export { TransportError } from './errors.ts';
export {
  type Closed,
  type CloseReason,
  type Connection,
  type ConnectOptions,
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_MAX_CONNECTIONS,
  type Listener,
  type ListenOptions,
  MAX_MESSAGE_BYTES,
  type Transport,
  type TransportCounters,
} from './transport.ts';
