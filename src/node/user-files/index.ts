/**
 * Files that whoever gives a command names: read within a bound, whatever they are.
 *
 * Specification: none of ours; `commands.md` §6 has which arguments are files · layer 5. Read: read-user-file.ts.
 * Invariants: never more than the bound is held, also of a pipe or a device that has no end.
 * Tests: read-user-file.test.ts; end to end in test/e2e/robustness.test.ts.
 */
export { readUserFile } from './read-user-file.ts';
