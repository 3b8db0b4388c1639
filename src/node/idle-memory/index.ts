/**
 * Gives memory back when a process has nothing to do: the engine keeps what a start or a burst of work has left, for ever.
 *
 * Specification: `docs/hardening.md` §5.3 · layer 5. Read: idle-memory.ts.
 * Invariants: never while there is work; once for each burst; nothing keeps the process alive.
 * Test: idle-memory.test.ts.
 */
export { collectWhenIdle, type HeapView, startIdleCollection } from './idle-memory.ts';
