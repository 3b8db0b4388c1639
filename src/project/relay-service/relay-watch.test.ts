import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createNetworkNode } from '../../../test/support/network-node.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { encodeBareString } from '../../kernel/bare/index.ts';
import { allowAll, localAddress, localMessage } from '../../network/routing/index.ts';
import { startRelayWatch } from './relay-watch.ts';

/** The service, and clients that stand for channels, with what each of them was told. */
async function world(maxWatches?: number) {
  const clock = new VirtualClock();
  const { router } = await createNetworkNode(clock);
  const service = startRelayWatch(router, { maxWatches });
  const client = (name: string) => {
    const address = localAddress(name);
    const told: Uint8Array[] = [];
    const worker = router.register({
      mailbox: { address, incoming: allowAll, outgoing: allowAll },
      handle: ({ payload }) => void told.push(payload),
    });
    const ask = async (payload: Uint8Array): Promise<void> => {
      await worker.mailbox.send(localMessage([localAddress('relay_watch')], [address], payload));
      await clock.advance(1);
    };
    return { address, told, ask };
  };
  const tell = async (name: string): Promise<void> => {
    service.tell(name);
    await clock.advance(1);
  };
  return { service, client, tell };
}

suite('questions about relays', () => {
  test('are answered once, all of one name', async () => {
    const { client, tell } = await world();
    const [a, b] = [client('a'), client('b')];
    for (const one of [a, b]) await one.ask(encodeBareString('db'));
    await a.ask(encodeBareString('other'));
    await tell('db');
    await tell('db');
    assert.deepEqual([a.told, b.told], [[encodeBareString('db')], [encodeBareString('db')]]);
  });

  test('that are none are dropped', async () => {
    const { client, tell } = await world();
    const a = client('a');
    const right = encodeBareString('db');
    for (const name of ['', 'a b', 'a/b', 'x'.repeat(201)]) await a.ask(encodeBareString(name));
    for (let length = 0; length < right.length; length++) await a.ask(right.subarray(0, length));
    for (let at = 0; at < right.length; at++) await a.ask(right.with(at, (right[at] ?? 0) ^ 0xff));
    await a.ask(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f));
    for (const name of ['db', '', 'a b', 'a/b', 'x'.repeat(201)]) await tell(name);
    assert.deepEqual(a.told, []);
  });

  test('are bounded, with room for others, and make room when their channel is gone', async () => {
    const { service, client, tell } = await world(4);
    const [greedy, other, late] = [client('greedy'), client('other'), client('late')];
    for (const name of ['n1', 'n2', 'n3']) await greedy.ask(encodeBareString(name));
    await other.ask(encodeBareString('n3'));
    await other.ask(encodeBareString('n4'));
    await late.ask(encodeBareString('n5'));
    await tell('n3');
    await tell('n5');
    assert.deepEqual([greedy.told.length, other.told.length, late.told.length], [0, 1, 0]);
    service.forget(greedy.address);
    await late.ask(encodeBareString('n5'));
    await late.ask(encodeBareString('n6'));
    await tell('n1');
    await tell('n5');
    await tell('n6');
    assert.equal(late.told.length, 2);
  });
});
