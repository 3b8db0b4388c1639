import { ByteReader, readDeclarations, readSections } from './format/index.ts';
import { DEFAULT_MODULE_LIMITS, type ModuleLimits } from './limits.ts';
import type { ModuleImport } from './module.ts';

/**
 * What a module asks its host for, of one that may never run here: nothing but its declarations is looked at.
 * @throws {WasmError} when those cannot be read, or are beyond `limits`
 */
export function readImports(bytes: Uint8Array, limits: ModuleLimits = DEFAULT_MODULE_LIMITS): readonly ModuleImport[] {
  const reader = new ByteReader(bytes);
  return readDeclarations({ reader, sections: readSections(reader), limits }).imports;
}
