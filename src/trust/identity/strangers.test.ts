import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Identity } from './verify-history.ts';
import { verifyHistory } from './verify-history.ts';
import { testNode, type TestNode } from './testdata/node.ts';
import { Strangers } from './strangers.ts';

const STORED_AT_ONCE = 1000;

/** Identities of other nodes, whose clock is that of `node`. */
async function strangers({ clock }: TestNode, count: number): Promise<readonly Identity[]> {
  const elsewhere = testNode(clock).identities;
  const made: Identity[] = [];
  for (let i = 0; i < count; i++) made.push(await elsewhere.create());
  return made;
}

async function storedOf({ histories }: TestNode, identities: readonly Identity[]): Promise<number> {
  const found = await Promise.all(identities.map(({ identifier }) => histories.get(identifier)));
  return found.filter((history) => history !== undefined).length;
}

suite('strangers', () => {
  test('do not fill the store: many are stored at once, then ten a minute, and more are known for a while', async () => {
    const node = testNode();
    const { identities, clock } = node;
    const crowd = await strangers(node, STORED_AT_ONCE + 50);
    for (const identity of crowd) await identities.meet(identity);
    assert.equal(await storedOf(node, crowd), STORED_AT_ONCE);
    for (const identity of crowd)
      assert.equal((await identities.find(identity.identifier))?.identifier, identity.identifier);
    await clock.advance(60_000);
    for (const identity of crowd) await identities.meet(identity);
    assert.equal(await storedOf(node, crowd), STORED_AT_ONCE + 10);
  });

  test('for whom somebody vouches are stored all the same', async () => {
    const node = testNode();
    const crowd = await strangers(node, STORED_AT_ONCE + 1);
    for (const identity of crowd) await node.identities.meet(identity);
    const last = crowd.at(-1) as Identity;
    assert.equal(await node.histories.get(last.identifier), undefined);
    await node.identities.remember(last);
    assert.ok(await node.histories.get(last.identifier));
    assert.ok(await node.identities.delete(last.identifier));
    assert.equal(await node.identities.find(last.identifier), undefined);
  });

  test('that are known in memory only cannot come back with an older history, and can with a newer one', async () => {
    const node = testNode();
    const { identities, clock } = node;
    for (const identity of await strangers(node, STORED_AT_ONCE)) await identities.meet(identity);
    const elsewhere = testNode(clock).identities;
    const first = await elsewhere.create();
    const second = await elsewhere.rotate(first.identifier);
    const third = await elsewhere.rotate(first.identifier);
    await identities.meet(second);
    assert.equal(await node.histories.get(first.identifier), undefined);
    await assert.rejects(identities.examine(first.history), { code: 'IDENTITY_INCONSISTENT' });
    await clock.advance(60_000);
    await assert.rejects(identities.meet(first), { code: 'IDENTITY_INCONSISTENT' });
    await identities.meet(third);
    assert.equal((await identities.get(first.identifier)).changes.length, 3);
  });

  test('in memory take a bounded room; a clock that goes back gives nothing', async () => {
    const known = new Strangers();
    const [one, ...rest] = await strangers(testNode(), 5);
    assert.ok(one);
    const bytes = 1024 * 1024;
    for (const identity of [one, ...rest]) known.keep(identity, bytes);
    assert.equal(known.find(one.identifier), undefined);
    assert.ok(rest.every(({ identifier }) => known.find(identifier) !== undefined));
    known.keep(verifyHistory(one.history), bytes);
    assert.equal(rest.filter(({ identifier }) => known.find(identifier) !== undefined).length, 3);
    const late = 1_000_000;
    for (let i = 0; i < STORED_AT_ONCE; i++) assert.ok(known.admit(late));
    for (const nowMs of [late, 0, late - 1]) assert.equal(known.admit(nowMs), nowMs === late - 1, String(nowMs));
  });
});
