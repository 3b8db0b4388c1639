import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { codeOf } from '../../../test/support/hostile.ts';
import { anyHost, assertSame, noiseOf } from '../../../test/support/wasm-comparison.ts';
import { engine } from '../../../test/support/wasm-engine.ts';
import { assertRenewed } from '../../../test/support/wasm-renewal.ts';
import type { PreparedModule } from './module.ts';
import { prepareModule } from './prepare.ts';

// Valid modules that a fuzzer of another project makes from noise. Each run takes new ones: the first seed is printed, and
// PERIGEE_SEED repeats a run.

const MODULES = 100;
const FEATURES = [
  'bulk-memory',
  'exception-handling',
  'extended-const',
  'multivalue',
  'mutable-globals',
  'nontrapping-float-to-int',
  'relaxed-simd',
  'sign-ext',
  'simd',
  'tail-call',
].map((feature) => `--enable-${feature}`);

const generator = findGenerator();

let directory: string;
before(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'perigee-generated-'));
});
after(() => rmSync(directory, { recursive: true }));

test('generated modules do the same before and after', {
  skip: generator === undefined && 'wasm-opt is not installed (Debian: binaryen)',
}, async (t) => {
  const given = process.env['PERIGEE_SEED'];
  const first = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  t.diagnostic(`seeds from ${first} on`);
  let valid = 0;
  let checks = 0;
  let yields = 0;
  const renewed = { modules: 0, renewals: 0, changes: 0 };
  for (let i = 0; i < MODULES; i++) {
    const seed = first + i;
    const bytes = await generate(seed);
    try {
      const prepared = accepted(bytes);
      if (prepared === undefined) continue;
      valid++;
      checks += prepared.sizes.checks;
      const same = assertSame(bytes, prepared, (log) => anyHost(prepared.imports, log));
      yields += same.yields;
      const { renewals, changes } = assertRenewed(bytes, seed, (imports) => anyHost(imports, []));
      if (renewals > 0) renewed.modules++;
      renewed.renewals += renewals;
      renewed.changes += changes;
    } catch (cause) {
      throw new Error(`seed ${seed}: PERIGEE_SEED=${seed} repeats it`, { cause });
    }
  }
  t.diagnostic(`${valid} modules with ${checks} checks; ${yields} times a guest looked up`);
  t.diagnostic(
    `${renewed.modules} modules were renewed ${renewed.renewals} times, ${renewed.changes} times after a change`,
  );
  assert.ok(valid >= MODULES / 2 && checks > MODULES && yields > MODULES);
  assert.ok(renewed.modules > MODULES / 10 && renewed.changes > MODULES / 10);
});

/**
 * The rewritten module; undefined where there is nothing to compare. References of older generators are those of a draft: for
 * today's engines such modules are invalid, and must stay so, or of a kind that is refused by name.
 */
function accepted(bytes: Uint8Array): PreparedModule | undefined {
  let prepared: PreparedModule | undefined;
  const code = codeOf(() => {
    prepared = prepareModule(bytes);
  }, 'WASM_');
  if (engine.validate(bytes)) {
    assert.ok(code === undefined || code === 'WASM_UNSUPPORTED_FEATURE', String(code));
    return prepared;
  }
  assert.ok(prepared === undefined || !engine.validate(prepared.bytes), 'an invalid module became valid');
  return undefined;
}

async function generate(seed: number): Promise<Uint8Array> {
  const noise = path.join(directory, 'noise');
  const output = path.join(directory, 'module.wasm');
  writeFileSync(noise, noiseOf(seed, 2000 + (seed % 4000)));
  await promisify(execFile)(generator ?? '', [
    '-ttf',
    noise,
    '-o',
    output,
    ...FEATURES,
    ...(seed % 3 === 0 ? ['--enable-reference-types'] : []),
  ]);
  return Uint8Array.from(readFileSync(output));
}

/** The generator of this machine. Those that come with packages are other versions, and start in a JavaScript engine each time. */
function findGenerator(): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((folder) => !folder.includes('node_modules'))
    .map((folder) => path.join(folder, 'wasm-opt'))
    .find((file) => existsSync(file));
}
