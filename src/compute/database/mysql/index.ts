/**
 * MySQL and MariaDB: one connection by the driver `mysql2`, over a socket that is opened here. TLS begins inside the protocol, so
 * the driver does that.
 *
 * Specification: `capabilities.md` §7; MySQL's client/server protocol. Layer 2.
 * Read: connection.ts, login.ts, values.ts. Tests: connection.test.ts runs the contract's.
 */
export { connectMysql } from './connection.ts';
