/**
 * A node of this machine, and what commands need when none runs. Its parts have doors of their own, so that a command loads
 * only what it uses: `home/`, `identity/`, `project/`, `nodes/`, `run/`, `gateway/`, `sat/`, `function-host/`, `demo/`.
 *
 * Specification: `docs/commands.md` §7 · layer 5.
 * Read: home/index.ts, run/index.ts, core/index.ts.
 * Invariants: the only place where the program reads a clock, draws chance and starts processes.
 * Tests: beside the files; end to end in test/e2e/.
 */
export { systemClock, systemRandom } from './system/index.ts';
export { NodeError } from './errors.ts';
