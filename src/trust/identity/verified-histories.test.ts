import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNetworkNode } from '../../../test/support/network-node.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { VerifiedHistories } from './verified-histories.ts';

test('the same history is verified once, another one or a changed one anew', async () => {
  const clock = new VirtualClock();
  const [a, b] = [(await createNetworkNode(clock)).identity, (await createNetworkNode(clock)).identity];
  const histories = new VerifiedHistories();
  const first = histories.verify(a.history);
  assert.equal(first.identifier, a.identifier);
  const copy = a.history.map((change) => ({ ...change, data: change.data.slice() }));
  assert.equal(histories.verify(copy, a.identifier), first, 'remembered by its bytes');
  assert.throws(() => histories.verify(a.history, b.identifier), { code: 'IDENTITY_VERIFICATION_FAILED' });
  assert.equal(histories.verify(b.history).identifier, b.identifier);
  const forged = a.history.map((change) => ({ ...change, data: change.data.slice() }));
  const last = forged[0]!.data.length - 1;
  forged[0]!.data[last]! ^= 1;
  assert.throws(() => histories.verify(forged), { code: 'IDENTITY_VERIFICATION_FAILED' });
});

test('it forgets the oldest beyond its bound', async () => {
  const clock = new VirtualClock();
  const { identities } = await createNetworkNode(clock);
  const histories = new VerifiedHistories();
  const { history, identifier } = await identities.create();
  const first = histories.verify(history);
  for (let i = 0; i < 1024; i++) histories.verify((await identities.create()).history);
  const again = histories.verify(history);
  assert.equal(again.identifier, identifier);
  assert.notEqual(again, first);
});
