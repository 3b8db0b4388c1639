/**
 * PostgreSQL: one connection by the driver `pg`, over a socket that is opened and, where TLS is used, secured here.
 *
 * Specification: `capabilities.md` §7; PostgreSQL's frontend/backend protocol 3.0. Layer 2.
 * Read: connection.ts, socket.ts (TLS and cancelling), values.ts. Tests: connection.test.ts runs the contract's.
 */
export { connectPostgresql } from './connection.ts';
