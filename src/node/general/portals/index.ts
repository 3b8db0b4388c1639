/**
 * Inlets, outlets and relays of a general node.
 *
 * Specification: `docs/commands.md` §8.5 · layer 5.
 * Read: outlets.ts, inlets.ts, relays.ts.
 * Invariants: what cannot be connected now is made all the same and tried again; who may use it is decided at each message.
 * Tests: end to end in test/e2e/{portal,relay,restart}.test.ts.
 */
export { inletPart } from './inlets.ts';
export { outletPart, targetDialer } from './outlets.ts';
export { logPortal } from './portal-log.ts';
export { relayPart } from './relays.ts';
