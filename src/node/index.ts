/**
 * A node of this machine, and what commands need when none runs. This door is for programs (`openNode`); the parts have doors
 * of their own, so that a command loads only what it uses: `home/`, `identity/`, `project/`, `nodes/`, `run/`, `gateway/`,
 * `sat/`, `function-host/`, `demo/`.
 *
 * Specification: `docs/commands.md` §7, `docs/library.md` · layer 5.
 * Read: embedded/index.ts; home/index.ts, run/index.ts, core/index.ts.
 * Invariants: the only place where the program reads a clock, draws chance and starts processes.
 * Tests: beside the files; end to end in test/e2e/.
 */
export { CodedError, hasCode } from '../kernel/index.ts';
export {
  type Allow,
  type Answer,
  type AskOptions,
  type Closeable,
  EmbeddedNode,
  type InletOptions,
  type IssueOptions,
  type NodeChannel,
  type NodeOptions,
  type NodeRelay,
  openNode,
  type OutletOptions,
  type Peer,
  type RelayOptions,
  type Stated,
  type WayOptions,
} from './embedded/index.ts';
export { systemClock, systemRandom } from './system/index.ts';
export { NodeError } from './errors.ts';
