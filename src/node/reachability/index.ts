/**
 * Whether somebody takes connections where a project says it is.
 *
 * Specification: `docs/commands.md` §9.1, §9.7 · layer 5.
 * Read: reachable.ts.
 * Invariants: nothing is sent; every wait has an end. Apart from `project/`, since a command that only looks is not to load what opens
 * channels (`docs/hardening.md` §6).
 * Tests: end to end in test/e2e/project.test.ts.
 */
export { type ProjectReach, reachOf } from './reachable.ts';
