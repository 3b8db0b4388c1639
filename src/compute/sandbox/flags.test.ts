import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cachedDataVersionTag, setFlagsFromString } from 'node:v8';
import { ensureSandboxFlags, sandboxFlags } from './flags.ts';

test('the flags are set and stay set', () => {
  ensureSandboxFlags();
  const tag = cachedDataVersionTag();
  for (const flag of sandboxFlags) setFlagsFromString(flag);
  assert.equal(cachedDataVersionTag(), tag, 'setting them again changes nothing');
  ensureSandboxFlags();
  assert.equal(cachedDataVersionTag(), tag);
});

test('the tag by which flags are verified tells them apart', () => {
  const tag = cachedDataVersionTag();
  setFlagsFromString('--wasm-dynamic-tiering');
  assert.notEqual(cachedDataVersionTag(), tag);
  setFlagsFromString('--no-wasm-dynamic-tiering');
  assert.equal(cachedDataVersionTag(), tag);
});
