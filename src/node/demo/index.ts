/**
 * The whole reference design on one machine: a project, a gateway, Sats that can only dial out, and the sample application.
 *
 * Specification: `docs/commands.md` §10.5 · layer 5.
 * Read: demo.ts.
 * Invariants: every part is a process of its own and a member by a ticket of its own; nothing is left when it ends, and the
 * processes end when the one that started them is gone.
 * Tests: test/e2e/demo.test.ts.
 */
export { type Demo, type DemoOptions, DEMO_BUNDLE, DEMO_SECRET, startDemo } from './demo.ts';
