/**
 * A sandbox in a process of its own, under Node's permission model (`docs/sandbox.md` §8).
 *
 * Layer 2. Read: sandbox-process.ts (the owner's side), on-demand-process.ts (the life of a process), sandbox-processes.ts (one for each
 * tenant), entry.ts (the process), child.ts (what it may do), messages.ts, frames.ts.
 * Invariants: the process has no files but the program's, no network, no environment; what it says is checked; each call gets
 * exactly one result, whatever happens to the process. Tests: beside the files.
 */
export { checkProcessGrant } from './grant.ts';
export { SandboxProcess } from './sandbox-process.ts';
export { SandboxProcesses } from './sandbox-processes.ts';
