/**
 * Entry of the compiler thread: takes in modules one after the other, so that the main thread need not. What a module can do
 * to it is bounded as everywhere (`wasm.md` §4); whoever takes too long all the same is ended with the thread.
 */
import { parentPort } from 'node:worker_threads';
import { CodedError } from '../../../kernel/index.ts';
import { type CompiledModule, compileModule, type LoadOptions } from './module.ts';

/** What the thread is told: one module, the cap of its memory in bytes, and how to take it in. */
export interface CompileOrder {
  readonly bytes: Uint8Array;
  readonly memoryBytes: number;
  readonly options: LoadOptions;
}

/** What became of it. The cause of an error does not cross over; its words do. */
export type CompileReport =
  | { readonly ok: true; readonly module: CompiledModule }
  | { readonly ok: false; readonly code: string; readonly message: string };

const port = parentPort;
if (port === null) throw new Error('this file is the entry of the compiler thread');

port.on('message', ({ bytes, memoryBytes, options }: CompileOrder) => {
  const report = compile(bytes, memoryBytes, options);
  // A copy of the map, some megabytes for a large module, would be made on the main thread.
  const map = report.ok ? report.module.codeMap : undefined;
  port.postMessage(
    report,
    map === undefined ? [] : [map.rewritten.buffer as ArrayBuffer, map.original.buffer as ArrayBuffer],
  );
});

function compile(bytes: Uint8Array, memoryBytes: number, options: LoadOptions): CompileReport {
  try {
    return { ok: true, module: compileModule(bytes, memoryBytes, options) };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const reason = error.cause instanceof Error ? `: ${error.cause.message}` : '';
    return { ok: false, code: error.code, message: error.message + reason };
  }
}
