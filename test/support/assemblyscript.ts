import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

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

/** Compiles one AssemblyScript file as functions are compiled, with `abort` redirected to the file's own handler. */
export async function compileAssemblyScript(source: string): Promise<Uint8Array> {
  const location = createRequire(import.meta.url)
    .resolve('assemblyscript/package.json')
    .replace('package.json', 'dist/asc.js');
  const { main } = (await import(pathToFileURL(location).href)) as Compiler;
  let binary: Uint8Array | undefined;
  const args = ['index.ts', '--runtime', 'incremental', '--outFile', 'out.wasm', '--use', 'abort=index/abort'];
  const { error, stderr } = await main(args, {
    readFile: (name) => (name === 'index.ts' ? source : null),
    writeFile: (name, contents) => {
      if (name === 'out.wasm' && typeof contents !== 'string') binary = contents;
    },
    listFiles: () => [],
  });
  assert.equal(error, null, stderr.toString());
  assert.ok(binary, 'the compiler wrote a module');
  return Uint8Array.from(binary);
}
