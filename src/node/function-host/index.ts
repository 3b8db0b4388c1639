/**
 * One function in one process: a module from a file, an address or a bundle, behind HTTP or standard input.
 *
 * Specification: `docs/commands.md` §8.1; the HTTP behaviour is `docs/protocol/runnable-abi.md`'s · layer 5.
 * Read: module-source.ts, function-host.ts, http-front.ts.
 * Invariants: nothing is granted that was not said; a request that came in is answered before the process ends or the
 * deadline of the drain passes; the inner failure of a guest is for the log, its own error is for the caller.
 * Tests: function-host.test.ts; end to end in test/e2e/sat-run.test.ts.
 */
export { type FunctionHost, type FunctionHostOptions, openFunctionHost, type ReadStatic } from './function-host.ts';
export { type HttpFront, type HttpFrontOptions, listenForRequests } from './http-front.ts';
export { loadModule, type LoadedModule, type ModuleSourceOptions } from './module-source.ts';
export { staticDirectory } from './static-directory.ts';
export { defaultGrants, readGrantsFile } from './grants-file.ts';
