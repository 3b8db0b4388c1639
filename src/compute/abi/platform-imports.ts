import { readImports, WasmError } from '../wasm/index.ts';
import { ENV_MODULE } from './signatures.ts';

/**
 * Names of the platform's functions that a module asks for, whatever their generation. None when it cannot be read: then it
 * cannot run either.
 */
export function platformImports(module: Uint8Array): ReadonlySet<string> {
  try {
    return new Set(readImports(module).flatMap((entry) => (entry.module === ENV_MODULE ? [entry.name] : [])));
  } catch (error) {
    if (error instanceof WasmError) return new Set();
    throw error;
  }
}
