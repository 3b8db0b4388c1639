import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { EMPTY } from '../../kernel/index.ts';
import {
  type AccessControl,
  ALLOWED,
  allOf,
  allowAll,
  allowIncomingPeer,
  allowOnward,
  allowOutgoingPeer,
  allowSources,
  anyOf,
  cachedPeerDecision,
  type Delivery,
  denied,
  denyAll,
} from './access-control.ts';
import { type LocalInfo, localMessage } from './local-message.ts';
import { createAddress, EMPTY_ROUTE, localAddress, parseRoute } from './wire/index.ts';

function delivery(source: string, destination: string, localInfo?: LocalInfo): Delivery {
  return {
    source: localAddress(source),
    destination: localAddress(destination),
    message: localMessage(parseRoute(destination), EMPTY_ROUTE, EMPTY, localInfo),
  };
}

const allows = async (control: AccessControl, given: Delivery): Promise<boolean> => (await control(given)).allowed;

test('constant and address controls', async () => {
  const given = delivery('s', 'd');
  assert.equal(await allows(allowAll, given), true);
  assert.equal(await allows(denyAll, given), false);
  assert.equal(await allows(allowSources(localAddress('x'), localAddress('s')), given), true);
  assert.equal(await allows(allowSources(localAddress('d')), given), false);
  assert.equal(await allows(allowSources(), given), false);
  assert.equal(await allows(allowSources(createAddress(1, localAddress('s').bytes)), given), false);
  assert.equal(await allows(allowOnward(localAddress('d')), given), true);
  assert.equal(await allows(allowOnward(localAddress('s')), given), false);
});

test('all and any, at once or later, agree with every and some and stop early', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ allowed: fc.boolean(), late: fc.boolean() }), { maxLength: 6 }),
      async (plan) => {
        for (const [combine, decisive, expected] of [
          [allOf, false, plan.every(({ allowed }) => allowed)],
          [anyOf, true, plan.some(({ allowed }) => allowed)],
        ] as const) {
          let asked = 0;
          const control = combine(
            ...plan.map(({ allowed, late }) => () => {
              asked++;
              const verdict = allowed ? ALLOWED : denied('no');
              return late ? Promise.resolve(verdict) : verdict;
            }),
          );
          assert.equal(await allows(control, delivery('s', 'd')), expected);
          const first = plan.findIndex(({ allowed }) => allowed === decisive);
          assert.equal(asked, first < 0 ? plan.length : first + 1);
          asked = 0;
          if (plan.every(({ late }) => !late)) assert.ok(!(control(delivery('s', 'd')) instanceof Promise));
        }
      },
    ),
  );
});

test('incoming: the peer in the local information decides; no peer, no passage', async () => {
  const control = allowIncomingPeer((peer) => (peer === 'I1' ? ALLOWED : denied('not I1')));
  assert.equal(await allows(control, delivery('s', 'd', { peerIdentifier: 'I1' })), true);
  assert.equal(await allows(control, delivery('s', 'd', { peerIdentifier: 'I2' })), false);
  assert.equal(await allows(control, delivery('s', 'd')), false);
});

test('outgoing: the peer behind the first terminal address decides; plain TCP has none', async () => {
  const decide = (peer: string): ReturnType<AccessControl> => (peer === 'I1' ? ALLOWED : denied('not I1'));
  for (const [terminal, expected] of [
    [{ peerIdentifier: 'I1' }, true],
    [{ peerIdentifier: 'I2' }, false],
    [{ peerIdentifier: undefined }, false],
    [undefined, false],
  ] as const) {
    const control = allowOutgoingPeer({ firstTerminal: () => terminal }, decide);
    assert.equal(await allows(control, delivery('s', 'd')), expected);
  }
});

test('consents are remembered for a second, ten of them; denials are asked again', async () => {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const decide = cachedPeerDecision((peer) => {
    asked.push(peer);
    const verdict = peer.startsWith('good') ? ALLOWED : denied('bad');
    return peer.endsWith('later') ? Promise.resolve(verdict) : verdict;
  }, clock);
  for (const peer of ['good', 'good', 'bad', 'bad', 'good later']) await decide(peer);
  assert.equal(decide('good later'), ALLOWED, 'a remembered consent needs no promise');
  assert.deepEqual(asked.splice(0), ['good', 'bad', 'bad', 'good later']);
  await clock.advance(999);
  await decide('good');
  assert.deepEqual(asked.splice(0), []);
  await clock.advance(1);
  await decide('good');
  assert.deepEqual(asked.splice(0), ['good']);
  for (let i = 0; i < 10; i++) await decide(`good ${i}`);
  asked.length = 0;
  await decide('good 0');
  await decide('good');
  assert.deepEqual(asked, ['good'], 'the eleventh pushed out the oldest');
});
