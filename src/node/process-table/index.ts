/**
 * Processes of this machine, known again by number and start: whether one still runs.
 *
 * Specification: `docs/commands.md` §7.2 · layer 5. Read: process-table.ts.
 * Invariants: a number that another process has now does not count; loads nothing, since most commands look.
 * Tests: process-table.test.ts.
 */
export { ownProcess, type ProcessId, processState, type ProcessState } from './process-table.ts';
