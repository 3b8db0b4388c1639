/**
 * Messages sent by hand, from a node or from the process of a command, and the simple services that answer them.
 *
 * Specification: `docs/commands.md` §8.9 · layer 5.
 * Read: messages.ts, send-from-here.ts, services.ts.
 * Invariants: what was opened for a message is closed again; a wait has an end.
 * Tests: end to end in test/e2e/channel.test.ts.
 */
export { messagePart } from './messages.ts';
export { sendFromHere } from './send-from-here.ts';
export { servicePart } from './services.ts';
