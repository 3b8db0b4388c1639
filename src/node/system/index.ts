/**
 * The clock and the chance of this machine, the only places where the program reads them.
 *
 * Specification: `ARCHITECTURE.md`, rules · layer 5. Read: system.ts.
 * Invariants: a scheduled action does not keep the process alive; random bytes are the caller's own.
 * Tests: everything that runs for real.
 */
export { systemClock, systemRandom } from './system.ts';
