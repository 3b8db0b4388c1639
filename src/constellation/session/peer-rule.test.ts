import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { parsePolicy } from '../../trust/policy/index.ts';
import { MemoryLink, memoryPeer, type MemoryPeer } from '../testdata/memory-link.ts';
import { checkPeer, type LinkPeer, type PeerRule, type PeerVerdict, watchPeer } from './index.ts';

const clock = new VirtualClock(1_700_000_000_000);
const NOW = 1_700_000_000;
const RULE: PeerRule = { attribute: 'perigee-sat', gateway: 'main' };

const linkPeer = (peer: MemoryPeer): LinkPeer => new MemoryLink(peer).peer;

function check(peer: MemoryPeer, rule: PeerRule = RULE): Promise<PeerVerdict> {
  return checkPeer(linkPeer(peer), rule, clock);
}

/** `allowed`, or the check that failed. */
async function verdict(peer: MemoryPeer, rule: PeerRule = RULE): Promise<string> {
  const checked = await check(peer, rule);
  return checked.allowed ? 'allowed' : checked.check;
}

suite('a peer', () => {
  test('needs a credential', async () => {
    const nobody = memoryPeer('Inobody');
    nobody.attributes = undefined;
    assert.equal(await verdict(nobody), 'credential');
  });

  test('needs one that has not expired', async () => {
    const attributes = { 'perigee-sat': 'main' };
    assert.equal(await verdict(memoryPeer('Isat', attributes, NOW - 1)), 'credential');
    assert.equal(await verdict(memoryPeer('Isat', attributes, NOW)), 'allowed');
    assert.equal(await verdict(memoryPeer('Isat', attributes)), 'allowed');
  });

  test('needs the attribute with the name of the gateway, or with the star', async () => {
    assert.equal(await verdict(memoryPeer('Isat', { 'perigee-sat': 'main' })), 'allowed');
    assert.equal(await verdict(memoryPeer('Isat', { 'perigee-sat': '*' })), 'allowed');
    assert.equal(await verdict(memoryPeer('Isat', { 'perigee-sat': 'other' })), 'attribute');
    assert.equal(await verdict(memoryPeer('Isat', { 'perigee-sat': '' })), 'attribute');
    assert.equal(await verdict(memoryPeer('Isat', { 'perigee-gateway': 'main' })), 'attribute');
    assert.equal(await verdict(memoryPeer('Isat', {})), 'attribute');
    const star = { attribute: 'perigee-sat', gateway: '*' } as const;
    assert.equal(await verdict(memoryPeer('Isat', { 'perigee-sat': 'main' }), star), 'attribute');
  });

  test('must satisfy the policy, when there is one', async () => {
    const rule = { ...RULE, allow: parsePolicy('(and (= subject.room "lab") subject.has_credential)') };
    assert.equal(await verdict(memoryPeer('Isat', { 'perigee-sat': 'main', room: 'lab' }), rule), 'allowed');
    assert.equal(await verdict(memoryPeer('Isat', { 'perigee-sat': 'main', room: 'hall' }), rule), 'policy');
    assert.equal(await verdict(memoryPeer('Isat', { 'perigee-sat': 'main' }), rule), 'policy');
    const me = { ...RULE, allow: parsePolicy('(= subject.identifier "Isat")') };
    assert.equal(await verdict(memoryPeer('Isat', { 'perigee-sat': 'main' }), me), 'allowed');
    assert.equal(await verdict(memoryPeer('Ithat', { 'perigee-sat': 'main' }), me), 'policy');
  });

  test('whose attributes cannot be read is refused', async () => {
    const peer = { identifier: 'Isat', attributes: () => Promise.reject(new Error('the disk is full')) };
    const checked = await checkPeer(peer, RULE, clock);
    assert.deepEqual(checked, {
      allowed: false,
      check: 'credential',
      reason: 'its attributes cannot be read: the disk is full',
    });
  });

  test('is told apart in the log', async () => {
    const checked = await check(memoryPeer('Isat', { 'perigee-sat': 'other' }));
    assert.match(checked.allowed ? '' : checked.reason, /perigee-sat is "other", not "main" or "\*"/);
  });
});

suite('a watch', () => {
  const watched = async (
    expiresAtSeconds: number | undefined,
  ): Promise<{ clock: VirtualClock; peer: MemoryPeer; seen: string[]; stop: () => void }> => {
    const ownClock = new VirtualClock(NOW * 1000);
    const peer = memoryPeer('Isat', { 'perigee-sat': 'main' }, expiresAtSeconds);
    const seen: string[] = [];
    const link = linkPeer(peer);
    const first = await checkPeer(link, RULE, ownClock);
    assert.ok(first.allowed);
    const stop = watchPeer(link, RULE, ownClock, first.recheckInMs, {
      onAttributes: (attributes) => seen.push(`ok ${[...attributes.keys()].join()}`),
      onRefused: ({ check: which, reason }) => seen.push(`${which}: ${reason}`),
    });
    return { clock: ownClock, peer, seen, stop };
  };

  test('sees a credential expire, in its second', async () => {
    const { clock: time, seen } = await watched(NOW + 20);
    await time.advance(20_999);
    assert.deepEqual(seen, []);
    await time.advance(1);
    assert.deepEqual(seen, [`credential: its credential expired at ${NOW + 20}`]);
    await time.advance(600_000);
    assert.equal(seen.length, 1, 'nothing is told afterwards');
    assert.equal(time.pending, 0);
  });

  test('does not see one that was refreshed', async () => {
    const { clock: time, peer, seen, stop } = await watched(NOW + 20);
    await time.advance(15_000);
    peer.attributes = { values: new Map([['perigee-sat', '*']]), expiresAtSeconds: NOW + 40 };
    await time.advance(20_000);
    assert.deepEqual(seen, ['ok perigee-sat']);
    await time.advance(6000);
    assert.match(seen.at(-1) ?? '', /^credential: /);
    stop();
  });

  test('looks every minute anyway', async () => {
    const { clock: time, peer, seen, stop } = await watched(undefined);
    await time.advance(60_000);
    assert.equal(seen.length, 1);
    peer.attributes = undefined;
    await time.advance(60_000);
    assert.match(seen[1] ?? '', /^credential: /);
    stop();
  });

  test('ends when it is stopped, even in the middle of a look', async () => {
    const { clock: time, peer, seen, stop } = await watched(NOW + 20);
    peer.attributes = undefined;
    const advanced = time.advance(21_000);
    stop();
    await advanced;
    await settle();
    assert.deepEqual(seen, []);
    assert.equal(time.pending, 0);
  });
});
