/** Assembles every guest of this folder: `node examples/guests/build.ts`. A test compares the results with the sources. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { assemble } from '../../test/support/wasm-engine.ts';

for (const name of globSync('*.wat', { cwd: import.meta.dirname })) {
  const source = path.join(import.meta.dirname, name);
  writeFileSync(source.replace(/\.wat$/, '.wasm'), assemble(readFileSync(source, 'utf8')));
}
