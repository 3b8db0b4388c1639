import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const FOLDER = path.join(import.meta.dirname, 'guests', 'assembly');

interface Compiler {
  readonly main: (
    args: readonly string[],
    host: {
      readonly readFile: (name: string) => string | null;
      readonly writeFile: (name: string, contents: Uint8Array | string) => void;
      readonly listFiles: () => readonly string[];
    },
  ) => Promise<{ readonly error: Error | null; readonly stderr: { toString: () => string } }>;
}

/** Compiles `guests/assembly/NAME.ts` with all optimisations, as an author would. */
export async function compileGuest(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const location = createRequire(import.meta.url)
    .resolve('assemblyscript/package.json')
    .replace('package.json', 'dist/asc.js');
  const { main } = (await import(pathToFileURL(location).href)) as Compiler;
  const files = new Set(readdirSync(FOLDER));
  let binary: Uint8Array | undefined;
  const args = [`${name}.ts`, '-O3', '--runtime', 'incremental', '--outFile', 'out.wasm', '--use', 'abort=guest/abort'];
  const { error, stderr } = await main(args, {
    readFile: (file) => (files.has(file) ? readFileSync(path.join(FOLDER, file), 'utf8') : null),
    writeFile: (file, contents) => {
      if (file === 'out.wasm' && typeof contents !== 'string') binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) throw new Error(`${name}: ${stderr.toString()}`);
  return Uint8Array.from(binary);
}
