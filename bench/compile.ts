import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { compileFiles } from '../test/support/assemblyscript.ts';

const FOLDER = path.join(import.meta.dirname, 'guests', 'assembly');

/** Compiles `guests/assembly/NAME.ts` with all optimisations, as an author would. */
export function compileGuest(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const files = new Map(readdirSync(FOLDER).map((file) => [file, readFileSync(path.join(FOLDER, file), 'utf8')]));
  return compileFiles(`${name}.ts`, files, ['-O3', '--use', 'abort=guest/abort']);
}
