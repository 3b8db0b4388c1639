/**
 * Processes of this machine: starting one in the background, ending one.
 *
 * Specification: `docs/commands.md` §7 · layer 5.
 * Read: launch.ts, child.ts, stop.ts.
 * Invariants: a started process holds nothing of its parent; who waits for one has a deadline.
 * Tests: process.test.ts; end to end in test/e2e/.
 */
export { leaveParent, reportFailure, reportReady } from './child.ts';
export { isBeingStarted, launch, type LaunchOptions } from './launch.ts';
export { stopProcess } from './stop.ts';
