/**
 * Applications from their sources: compiles functions, checks what a project says, writes bundles.
 * Specification: `docs/functions.md`; `directive.md` §2, §11; `bundle.md` §4. Layer 3; reads and writes files, starts compilers.
 * Read: build.ts and check.ts (what is offered), application.ts (the flow), project.ts, compile.ts, permissions.ts.
 * Invariants: a bundle is written only when nothing is wrong with it; the same sources give the same bytes; a project's text
 * is never run here, but Rust's build scripts are, by cargo; every fault is a finding with its file, and a line where there is one.
 * Tests: beside the files; the sample application `examples/demo` is rebuilt byte by byte and run through the sandbox.
 */
export type { ApplicationReport, AssembleOptions, FunctionReport } from './application.ts';
export { BUNDLE_FILE, buildApplication, type BuildOptions, type BuildResult } from './build.ts';
export { checkApplication } from './check.ts';
export { ToolchainError } from './errors.ts';
export { type Finding, printFinding } from './finding.ts';
