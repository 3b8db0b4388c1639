import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNetworkNode } from '../../../test/support/network-node.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { encodeChangeHistory } from './change-history.ts';
import { IdentityError } from './errors.ts';
import { VerifiedHistories } from './verified-histories.ts';

const noTurn = (): Promise<void> => Promise.resolve();

test('the same history is verified once, another one or a changed one anew', async () => {
  const clock = new VirtualClock();
  const [a, b] = [(await createNetworkNode(clock)).identity, (await createNetworkNode(clock)).identity];
  const histories = new VerifiedHistories(noTurn);
  const first = await histories.verify(a.history);
  assert.equal(first.identifier, a.identifier);
  const copy = a.history.map((change) => ({ ...change, data: change.data.slice() }));
  assert.equal(await histories.verify(copy, a.identifier), first, 'remembered by its bytes');
  await assert.rejects(histories.verify(a.history, b.identifier), { code: 'IDENTITY_VERIFICATION_FAILED' });
  assert.equal((await histories.verify(b.history)).identifier, b.identifier);
  const forged = a.history.map((change) => ({ ...change, data: change.data.slice() }));
  const last = forged[0]!.data.length - 1;
  forged[0]!.data[last]! ^= 1;
  await assert.rejects(histories.verify(forged), { code: 'IDENTITY_VERIFICATION_FAILED' });
});

test('an encoded history is the same one, and no other bytes pass for it', async () => {
  const clock = new VirtualClock();
  const [a, b] = [(await createNetworkNode(clock)).identity, (await createNetworkNode(clock)).identity];
  const histories = new VerifiedHistories(noTurn);
  const encoded = encodeChangeHistory(a.history);
  const first = await histories.verifyEncoded(encoded, a.identifier);
  assert.equal(await histories.verify(a.history), first, 'remembered by its bytes');
  assert.equal(await histories.verifyEncoded(encoded.slice()), first);
  await assert.rejects(histories.verifyEncoded(encoded, b.identifier), { code: 'IDENTITY_VERIFICATION_FAILED' });
  for (let length = 0; length < encoded.length; length++) {
    await assert.rejects(histories.verifyEncoded(encoded.subarray(0, length)), IdentityError, `cut to ${length}`);
  }
  for (let at = 0; at < encoded.length; at++) {
    const changed = encoded.with(at, encoded[at]! ^ 1);
    await assert.rejects(histories.verifyEncoded(changed, a.identifier), IdentityError, `changed at ${at}`);
  }
  assert.equal(await histories.verifyEncoded(encoded, a.identifier), first);
});

test('it forgets the oldest beyond its bound', async () => {
  const clock = new VirtualClock();
  const { identities } = await createNetworkNode(clock);
  const histories = new VerifiedHistories(noTurn);
  const { history, identifier } = await identities.create();
  const first = await histories.verify(history);
  for (let i = 0; i < 1024; i++) await histories.verify((await identities.create()).history);
  const again = await histories.verify(history);
  assert.equal(again.identifier, identifier);
  assert.notEqual(again, first);
});

test('it forgets the oldest beyond its bound of bytes, as long histories are', async () => {
  const { identities } = await createNetworkNode(new VirtualClock());
  const short = await identities.create();
  const other = await identities.create();
  let long = other;
  for (let i = 0; i < 2; i++) long = await identities.rotate(long.identifier);
  const [few, many] = [short, long].map(({ history }) => encodeChangeHistory(history).length) as [number, number];
  assert.ok(many > 2 * few);
  const histories = new VerifiedHistories(noTurn, { bytes: many + few - 1 });
  const first = await histories.verify(short.history);
  assert.equal(await histories.verify(other.history), await histories.verify(other.history));
  assert.equal(await histories.verify(short.history), first, 'both have room');
  assert.equal(await histories.verify(long.history), await histories.verify(long.history));
  assert.notEqual(await histories.verify(short.history), first);
});
