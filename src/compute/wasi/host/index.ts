/**
 * The host's half of WASI: the only place where directories that were granted to a call are opened, and never left.
 *
 * Specification: `docs/protocol/runnable-abi.md` §10. Layer 2. Runs where calls are made, not where guests run.
 * Read: grant.ts, granted-files.ts; then walk.ts, which is what confines a path, open-path.ts, names.ts, contents.ts.
 * Invariants: no path is given to the system but one name in a directory that is held open; links are read, not followed;
 * what is held is bounded, and closed when its call ends; a number that a guest made up is an errno.
 * Tests are beside the files and, with real guests, in `sandbox/`.
 */
export { WasiError, type WasiErrorCode } from './errors.ts';
export { FileRoom } from './file-room.ts';
export { DEFAULT_HANDLES, DEFAULT_WRITTEN_BYTES, type GrantedDirectory, type WasiGrant, sessionOf } from './grant.ts';
export { GrantedFiles } from './granted-files.ts';
