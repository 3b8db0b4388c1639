import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSturdy } from '../../../test/support/hostile.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { EMPTY, fromHex, toHex } from '../../kernel/index.ts';
import { ALLOWED, allowAll, denyAll } from './access-control.ts';
import { FlowControls } from './flow-control.ts';
import { localMessage } from './local-message.ts';
import {
  type Address,
  decodeFlowControlId,
  EMPTY_ROUTE,
  encodeFlowControlId,
  type FlowControlId,
  localAddress,
  randomFlowControlId,
} from './wire/index.ts';
import { Router } from './router.ts';
import type { Worker } from './worker.ts';

let drawn = 0;
const random = (length: number): Uint8Array => new Uint8Array(length).fill(++drawn);
const id = (): FlowControlId => randomFlowControlId(random);
const [a, b, c, receiver, sender] = ['a', 'b', 'c', 'receiver', 'sender'].map(localAddress) as [
  Address,
  Address,
  Address,
  Address,
  Address,
];

function passes(flows: FlowControls, own: FlowControlId, spawner: FlowControlId | undefined, to: Address): boolean {
  const verdict = flows.control(
    own,
    spawner,
  )({
    source: receiver,
    destination: to,
    message: localMessage([to], EMPTY_ROUTE, EMPTY),
  });
  return !(verdict instanceof Promise) && verdict.allowed;
}

test('only consumers of the entry point or of its spawner are reached', () => {
  const flows = new FlowControls();
  const [own, spawner, other] = [id(), id(), id()];
  flows.addConsumer(a, own);
  flows.addConsumer(b, spawner);
  flows.addConsumer(c, other);
  assert.deepEqual(
    [a, b, c].map((to) => passes(flows, own, spawner, to)),
    [true, true, false],
  );
  assert.deepEqual(
    [a, b, c].map((to) => passes(flows, own, undefined, to)),
    [true, false, false],
  );
  flows.removeConsumer(a, own);
  assert.equal(passes(flows, own, spawner, a), false);
});

test('an entry point is found by its additional addresses and forgotten with all its consumers', () => {
  const flows = new FlowControls();
  const own = id();
  flows.addProducer({ address: receiver, id: own, spawnerId: undefined }, [sender]);
  assert.equal(flows.producerOf(sender)?.id, own);
  assert.equal(flows.producerOf(receiver)?.address, receiver);
  assert.equal(flows.producerOf(a), undefined);
  assert.equal(flows.admitReplies(a, sender), true);
  assert.equal(flows.admitReplies(a, b), false, 'a route that stays here has no entry point');
  assert.equal(flows.admitReplies(a, undefined), false);
  assert.equal(passes(flows, own, undefined, a), true);
  flows.removeAddress(receiver);
  assert.equal(flows.producerOf(sender), undefined);
  assert.equal(passes(flows, own, undefined, a), false);
  assert.deepEqual(flows.idsOfConsumer(a), []);
});

test('what a listener consumes, its channels consume', () => {
  const flows = new FlowControls();
  const [first, second] = [id(), id()];
  flows.addConsumer(a, first);
  flows.addConsumer(a, second);
  flows.addSpawner(a, first);
  assert.equal(flows.spawnerOf(a), first);
  flows.inheritConsumer(b, a);
  assert.deepEqual(flows.idsOfConsumer(b), [first, second]);
  flows.removeAddress(a);
  assert.equal(flows.spawnerOf(a), undefined);
  assert.deepEqual(flows.idsOfConsumer(b), [first, second]);
});

test('the hops of a relay reach each other', () => {
  const flows = new FlowControls();
  const [left, right] = [id(), id()];
  flows.addProducer({ address: receiver, id: left, spawnerId: undefined }, [a]);
  flows.addProducer({ address: sender, id: right, spawnerId: undefined }, [b]);
  flows.admitRelay(a, b);
  assert.ok(flows.isConsumer(b, left));
  assert.ok(flows.isConsumer(a, right));
  flows.admitRelay(undefined, b);
  flows.admitRelay(a, undefined);
  assert.deepEqual(flows.idsOfConsumer(a), [right]);
});

test('the peer of an entry point by which strangers come is not named to anybody, the controls included', () => {
  const router = new Router({ clock: new VirtualClock(), random });
  const seen: (string | undefined)[] = [];
  router.register({
    mailbox: {
      address: a,
      incoming: ({ message }) => {
        seen.push(message.localInfo?.peerIdentifier);
        return ALLOWED;
      },
      outgoing: denyAll,
    },
    handle: (message) => void seen.push(message.localInfo?.peerIdentifier),
  });
  const enter = (address: Address): Worker => {
    const own = id();
    const entry = router.register({
      mailbox: { address, incoming: denyAll, outgoing: router.flows.control(own) },
      handle: () => undefined,
    });
    router.flows.addProducer({ address, id: own, spawnerId: undefined }, [sender]);
    router.flows.addConsumer(a, own);
    return entry;
  };
  const message = localMessage([a], EMPTY_ROUTE, EMPTY, { peerIdentifier: 'I1' });
  const entry = enter(receiver);
  void entry.mailbox.send(message);
  router.flows.admitStrangers(sender);
  void entry.mailbox.send(message);
  assert.deepEqual(seen, ['I1', 'I1', undefined, undefined]);
  entry.stop();
  void enter(receiver).mailbox.send(message);
  assert.deepEqual(seen.slice(4), ['I1', 'I1'], 'a new one at an old address inherits nothing');
});

test('a stopped worker leaves nothing behind', () => {
  const router = new Router({ clock: new VirtualClock(), random });
  const own = id();
  const worker = router.register({
    mailbox: { address: a, incoming: allowAll, outgoing: denyAll },
    handle: () => undefined,
  });
  const entry = router.register({
    mailbox: { address: receiver, incoming: denyAll, outgoing: router.flows.control(own) },
    handle: () => undefined,
  });
  router.flows.addProducer({ address: receiver, id: own, spawnerId: undefined });
  router.flows.addConsumer(a, own);
  assert.equal(entry.mailbox.send(localMessage([a], EMPTY_ROUTE, EMPTY)), undefined);
  worker.stop();
  assert.equal(router.flows.isConsumer(a, own), false);
  const again = router.register({
    mailbox: { address: a, incoming: allowAll, outgoing: denyAll },
    handle: () => undefined,
  });
  void entry.mailbox.send(localMessage([a], EMPTY_ROUTE, EMPTY));
  assert.equal(router.counters.refused['outgoing-denied'], 1, 'a new worker at an old address inherits nothing');
  entry.stop();
  again.stop();
  assert.equal(router.flows.producerOf(receiver), undefined);
});

test('identifiers: 32 hex characters, CBOR map', () => {
  assert.match(id(), /^[0-9a-f]{32}$/);
  assert.equal(toHex(encodeFlowControlId(decodeFlowControlId(fromHex('a101626162')))), 'a101626162');
  assert.equal(decodeFlowControlId(fromHex('a2 00 81f6 01 626162'.replaceAll(' ', ''))), 'ab');
  assertSturdy(fromHex('a101626162'), decodeFlowControlId);
  assert.throws(() => decodeFlowControlId(fromHex('a0')), { code: 'ROUTING_INVALID_FLOW_CONTROL_ID' });
  assert.throws(() => decodeFlowControlId(encodeFlowControlId('x'.repeat(300) as FlowControlId)), {
    code: 'ROUTING_INVALID_FLOW_CONTROL_ID',
  });
});
