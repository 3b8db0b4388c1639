/**
 * Databases behind the named queries of functions: PostgreSQL and MySQL, by drivers that are optional packages.
 *
 * Specification: `capabilities.md` §7. Layer 2 (compute), opens sockets.
 * Read: databases.ts (one provider for a host), connection-pool.ts, contract.ts, postgresql/ and mysql/ (a connection).
 * Invariants: connections go to addresses that the rules of the Directive and of the owner have passed; a statement that nobody
 * waits for is stopped at the server; every pool, line, wait and result has a bound; no error holds a value, a password or a word
 * of the server.
 * `conformance.ts` runs against real servers beside each connection; hostile ones are in hostile-server.test.ts.
 */
export { Databases, type DatabasesOptions } from './databases.ts';
export { DatabaseError, type DatabaseErrorCode } from './errors.ts';
export { DEFAULT_DATABASE_LIMITS, type DatabaseLimits } from './limits.ts';
