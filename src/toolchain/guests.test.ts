import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { capabilities, realClock } from '../../test/support/guests.ts';
import { assemble } from '../../test/support/wasm-engine.ts';
import { Sandbox } from '../compute/sandbox/index.ts';

const GUESTS = new URL('../../examples/guests/', import.meta.url);

for (const [name, pages] of [
  ['echo-1-page', 1],
  ['echo-17-pages', 17],
] as const) {
  test(`examples/guests/${name}.wasm is its source, and an echo`, async () => {
    const bytes = readFileSync(new URL(`${name}.wasm`, GUESTS));
    assert.deepEqual(new Uint8Array(bytes), assemble(readFileSync(new URL(`${name}.wat`, GUESTS), 'utf8')));
    await using sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1 } });
    const module = sandbox.load(bytes);
    assert.equal(module.memory.initialBytes, pages * 65_536);
    for (const length of [0, 1, 300_000, 3_000_000]) {
      const input = Uint8Array.from({ length }, (_, index) => index * 7);
      const result = await sandbox.call(module, { input, capabilities: capabilities() });
      assert.equal(result.kind, 'output');
      assert.deepEqual(result.kind === 'output' && result.output, input);
    }
  });
}
