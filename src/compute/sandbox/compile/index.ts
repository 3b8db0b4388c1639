/** Makes a module ready, beside the main thread: checked, rewritten, compiled. */
export { CompileThread } from './compile-thread.ts';
export { type CompiledModule, compileModule, engineName, type LoadOptions, type SandboxModule } from './module.ts';
