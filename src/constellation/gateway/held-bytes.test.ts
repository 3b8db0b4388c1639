import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Shares } from '../../kernel/index.ts';
import { HeldBytes } from './held-bytes.ts';

suite('held bytes', () => {
  test('are those of their caller until they are given back together', () => {
    const shares = new Shares<string>(100);
    const held = new HeldBytes(shares, 'alice');
    assert.equal(held.take(20), true);
    assert.equal(held.take(30), true);
    assert.equal(shares.heldBy('alice'), 50);
    assert.equal(held.take(1), false, 'one alone has half at most');
    assert.equal(shares.taken, 50, 'what was refused is not counted');
    held.giveBack();
    assert.equal(shares.taken, 0);
    held.giveBack();
    assert.equal(shares.taken, 0, 'once');
  });

  test('are not counted for a request that is over', () => {
    const shares = new Shares<string>(100);
    const held = new HeldBytes(shares, 'alice');
    held.giveBack();
    assert.equal(held.take(1000), true);
    assert.equal(shares.taken, 0);
  });
});
