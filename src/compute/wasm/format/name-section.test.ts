import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assemble, engine, leb, name, section } from '../../../../test/support/wasm-engine.ts';
import { concat } from '../../../kernel/index.ts';
import { DEFAULT_MODULE_LIMITS } from '../limits.ts';
import { readFunctionNames } from './name-section.ts';
import { prepareModule } from '../prepare.ts';

const TEXT = '(module $own (import "env" "f" (func $f)) (func $g (export "g") (unreachable)))';

/** What the engine calls a rewritten module. */
function engineNameOf(bytes: Uint8Array): string | undefined {
  const perigee = { yield: () => {}, flag: new engine.Memory({ initial: 1, maximum: 1, shared: true }) };
  const { exports } = new engine.Instance(new engine.Module(bytes), { env: { f: () => {} }, perigee });
  try {
    (exports['g'] as () => void)();
  } catch (error) {
    return /wasm:\/\/wasm\/(.+)-[0-9a-f]+:wasm-function/.exec(String((error as Error).stack))?.[1];
  }
  return assert.fail('it traps');
}

function prepared(bytes: Uint8Array, moduleName?: string): Uint8Array {
  return prepareModule(bytes, DEFAULT_MODULE_LIMITS, moduleName).bytes;
}

test('a module keeps the name it gives itself unless the host gives it another', () => {
  const named = assemble(TEXT, true);
  const withOwn = concat(assemble(TEXT), section(0, name('name'), 0, leb(4), name('own')));
  assert.equal(engineNameOf(prepared(withOwn)), 'own');
  assert.equal(engineNameOf(prepared(withOwn, 'host')), 'host');
  assert.equal(engineNameOf(prepared(named, 'host')), 'host');
  assert.deepEqual(
    [...readFunctionNames(prepared(named, 'host'))],
    [
      [0, 'f'],
      [2, 'g'],
    ],
  );
});

test('a module without names, or with malformed ones, gets the name of the host alone', () => {
  const bare = assemble(TEXT);
  assert.equal(engineNameOf(prepared(bare)), undefined);
  assert.equal(engineNameOf(prepared(bare, 'host')), 'host');
  const broken = concat(bare, section(0, name('name'), 1, leb(9), 1, 0));
  assert.equal(engineNameOf(prepared(broken)), undefined);
  assert.equal(engineNameOf(prepared(broken, 'host')), 'host');
  assert.equal(readFunctionNames(prepared(broken, 'host')).size, 0);
});
