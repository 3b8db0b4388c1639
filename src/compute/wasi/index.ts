/**
 * WASI preview 1, and the snapshot before it, as a guest sees them: with nothing granted, clocks, chance and an output.
 *
 * Specification: `docs/protocol/runnable-abi.md` §10. Layer 2. Runs in the thread of the guest, which reaches no files: those
 * are opened by `host/`, where calls are made, and used from here by number.
 * Read: session.ts (what is granted), wasi-host.ts (the imports), call.ts, descriptors.ts; then the functions by kind.
 * Invariants: every function is counted; a pointer is examined before anything is done; what was not granted does not exist.
 * Tests are beside the files and, with real guests, in `sandbox/`.
 */
export type { WasiCallOptions, WasiPort } from './call.ts';
export type { FileOperation } from './operation.ts';
export { NO_SESSION, type SessionDirectory, type WasiSession } from './session.ts';
export { WasiHost } from './wasi-host.ts';
