/**
 * The databases of a host of functions, and what its log says of them (`docs/protocol/capabilities.md` §7).
 *
 * Layer 5. Read: databases-on-demand.ts.
 * Tests: end to end in test/e2e/database.test.ts.
 */
export { databasesOnDemand, describeTrouble, type DatabasesOnDemand } from './databases-on-demand.ts';
