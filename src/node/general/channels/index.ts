/**
 * Secure channels that a general node opens, places where it accepts them, and its TCP connections and listeners.
 *
 * Specification: `docs/commands.md` §8.9 · layer 5.
 * Read: channels.ts, channel-listeners.ts, connections.ts.
 * Invariants: listeners come back after a start, what was opened does not.
 * Tests: end to end in test/e2e/{channel,restart}.test.ts.
 */
export { channelListenerPart } from './channel-listeners.ts';
export { AUTHORIZED, channelPart } from './channels.ts';
export { connectionPart } from './connections.ts';
