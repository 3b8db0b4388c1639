/**
 * Completion of command lines in shells.
 *
 * Specification: `commands.md` §11.1. Start reading at `answer.ts`, then `candidates.ts`.
 * Invariants: hidden commands and flags are never offered; asking changes nothing and starts nothing.
 * End-to-end test: `test/e2e/completion.test.ts`.
 */
export { completionAnswer } from './answer.ts';
export { completionScript, type Shell, SHELLS } from './scripts.ts';
