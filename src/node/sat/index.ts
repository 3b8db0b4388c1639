/**
 * A Sat as a process: dials its gateway, directly or through the project, and runs functions for it.
 *
 * Specification: `docs/protocol/constellation.md` · layer 5.
 * Read: sat-node.ts, gateway-dialler.ts.
 * Invariants: it opens no listener; nothing is offered to a gateway before its credential was checked.
 * Tests: end to end in test/e2e/constellation.test.ts.
 */
export type { SatConfiguration } from './configuration.ts';
export { type SatNode, type SatNodeOptions, startSatNode } from './sat-node.ts';
