import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNetworkNode } from '../../../test/support/network-node.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { encodeChangeHistory } from './change-history.ts';
import { IdentityError } from './errors.ts';
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

test('an encoded history is the same one, and no other bytes pass for it', async () => {
  const clock = new VirtualClock();
  const [a, b] = [(await createNetworkNode(clock)).identity, (await createNetworkNode(clock)).identity];
  const histories = new VerifiedHistories();
  const encoded = encodeChangeHistory(a.history);
  const first = histories.verifyEncoded(encoded, a.identifier);
  assert.equal(histories.verify(a.history), first, 'remembered by its bytes');
  assert.equal(histories.verifyEncoded(encoded.slice()), first);
  assert.throws(() => histories.verifyEncoded(encoded, b.identifier), { code: 'IDENTITY_VERIFICATION_FAILED' });
  for (let length = 0; length < encoded.length; length++) {
    assert.throws(() => histories.verifyEncoded(encoded.subarray(0, length)), IdentityError, `cut to ${length}`);
  }
  for (let at = 0; at < encoded.length; at++) {
    const changed = encoded.with(at, encoded[at]! ^ 1);
    assert.throws(() => histories.verifyEncoded(changed, a.identifier), IdentityError, `changed at ${at}`);
  }
  assert.equal(histories.verifyEncoded(encoded, a.identifier), first);
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

test('it forgets the oldest beyond its bound of bytes, as long histories are', async () => {
  const { identities } = await createNetworkNode(new VirtualClock());
  const short = await identities.create();
  const other = await identities.create();
  const bytes = encodeChangeHistory(short.history).length;
  const histories = new VerifiedHistories(3 * bytes);
  const first = histories.verify(short.history);
  assert.equal(histories.verify(other.history), histories.verify(other.history));
  assert.equal(histories.verify(short.history), first, 'both have room');
  let long = other;
  for (let i = 0; i < 2; i++) long = await identities.rotate(long.identifier);
  assert.ok(encodeChangeHistory(long.history).length > 2 * bytes);
  histories.verify(long.history);
  assert.notEqual(histories.verify(short.history), first);
});
