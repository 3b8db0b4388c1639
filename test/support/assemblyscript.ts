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
export function compileAssemblyScript(source: string): Promise<Uint8Array<ArrayBuffer>> {
  return compileFiles('index.ts', new Map([['index.ts', source]]), ['--use', 'abort=index/abort']);
}

/** Compiles the file `entry` of `files`. @param flags beside those of the runtime. */
export async function compileFiles(
  entry: string,
  files: ReadonlyMap<string, string>,
  flags: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  const location = createRequire(import.meta.url)
    .resolve('assemblyscript/package.json')
    .replace('package.json', 'dist/asc.js');
  const { main } = (await import(pathToFileURL(location).href)) as Compiler;
  let binary: Uint8Array | undefined;
  const args = [entry, '--runtime', 'incremental', '--outFile', 'out.wasm', ...flags];
  const { error, stderr } = await main(args, {
    readFile: (name) => files.get(name) ?? null,
    writeFile: (name, contents) => {
      if (name === 'out.wasm' && typeof contents !== 'string') binary = contents;
    },
    listFiles: () => [],
  });
  assert.equal(error, null, stderr.toString());
  assert.ok(binary, 'the compiler wrote a module');
  return Uint8Array.from(binary);
}
