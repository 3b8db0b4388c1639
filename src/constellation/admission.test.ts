import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { nowSeconds } from '../kernel/index.ts';
import { parsePolicy } from '../trust/policy/index.ts';
import { FRAME } from './protocol/index.ts';
import { application } from './testdata/application.ts';
import { House, type TestSat } from './testdata/house.ts';
import { memoryPeer, type MemoryPeer } from './testdata/memory-link.ts';

const bundle = await application({ functions: { f: 'module f' } });

/** A Sat with these attributes tries to join; what the gateway's log says. */
async function join(h: House, peer: MemoryPeer): Promise<string> {
  const sat = await h.addSat('x', {}, peer);
  const refused = h.events.findLast((event) => event.kind === 'sat-refused');
  if (refused?.kind !== 'sat-refused') return 'joined';
  assert.equal(
    sat.events.some(({ kind }) => kind === 'joined'),
    false,
  );
  const left = sat.events.find((event) => event.kind === 'left');
  assert.equal(left?.kind === 'left' && left.reason, 'the other side refused', 'it learns nothing of the check');
  assert.equal(refused.peer, peer.identifier);
  return `${refused.check}: ${refused.reason}`;
}

suite('a gateway', () => {
  test('takes in a Sat of its own name or of any', async () => {
    for (const value of ['main', '*']) {
      await using h = await House.create(bundle);
      assert.equal(await join(h, memoryPeer('Isat', { 'perigee-sat': value })), 'joined');
      assert.equal((await h.fetch('/f')).status, 200);
    }
  });

  test('refuses one without a credential, with an expired one, or with another attribute', async () => {
    const expired = (h: House): MemoryPeer => memoryPeer('Isat', { 'perigee-sat': 'main' }, nowSeconds(h.clock) - 1);
    const nobody = (): MemoryPeer => ({ identifier: 'Isat', attributes: undefined });
    for (const [peer, expected] of [
      [nobody, /^credential: it has no valid credential/],
      [expired, /^credential: its credential expired at/],
      [() => memoryPeer('Isat', { 'perigee-sat': 'other' }), /^attribute: .*is "other", not "main"/],
      [() => memoryPeer('Isat', { 'perigee-gateway': 'main' }), /^attribute: .*perigee-sat is absent/],
    ] as const) {
      await using h = await House.create(bundle);
      assert.match(await join(h, peer(h)), expected);
      assert.equal(h.gateway.status.sats.length, 0);
      assert.equal((await h.fetch('/f')).status, 503);
      const sent = h.sats[0]?.links[0]?.gateway.sent ?? [];
      assert.deepEqual(
        sent.map((message) => message[0]),
        [FRAME.bye],
        'nothing but a goodbye is sent to it',
      );
    }
  });

  test('asks its owner’s policy too', async () => {
    await using h = await House.create(bundle, { allow: parsePolicy('(= subject.zone "eu")') });
    assert.match(await join(h, memoryPeer('Ia', { 'perigee-sat': 'main', zone: 'us' })), /^policy: /);
    await h.addSat('b', {}, memoryPeer('Ib', { 'perigee-sat': 'main', zone: 'eu' }));
    assert.equal((await h.fetch('/f')).headers.get('x-perigee-sat'), 'Ib');
  });

  test('lets a Sat go when its credential ends', async () => {
    await using h = await House.create(bundle);
    const end = nowSeconds(h.clock) + 30;
    const sat = await h.addSat('one', {}, memoryPeer('Ione', { 'perigee-sat': 'main' }, end));
    for (let i = 0; i < 30; i++) await h.clock.advance(1000);
    assert.equal((await h.fetch('/f')).status, 200);
    sat.unreachable = true;
    await h.clock.advance(1500);
    assert.equal((await h.fetch('/f')).status, 503);
    const refused = h.events.find((event) => event.kind === 'sat-refused');
    assert.equal(refused?.kind === 'sat-refused' && refused.check, 'credential');
    const left = h.events.find((event) => event.kind === 'sat-left');
    assert.match(left?.kind === 'sat-left' ? `${left.code} ${left.reason}` : '', /^refused credential: .*expired/);
  });

  test('keeps a Sat whose credential was renewed in time', async () => {
    await using h = await House.create(bundle);
    const start = nowSeconds(h.clock);
    const sat = await h.addSat('one', {}, memoryPeer('Ione', { 'perigee-sat': 'main' }, start + 30));
    for (let i = 0; i < 100; i++) {
      await h.clock.advance(1000);
      if (i % 20 === 0) sat.peer.attributes = { values: sat.peer.attributes!.values, expiresAtSeconds: start + i + 30 };
    }
    assert.equal((await h.fetch('/f')).status, 200);
    assert.equal(
      h.events.some(({ kind }) => kind === 'sat-left'),
      false,
    );
  });

  test('bounds how many may come', async () => {
    await using h = await House.create(bundle, { limits: { sats: 1 } });
    await h.addSat('one');
    assert.match(await joinFull(h), /^capacity: there are 1 Sats/);
  });

  test('does not wait long for an offer', async () => {
    const { linkPair } = await import('./testdata/memory-link.ts');
    await using h = await House.create(bundle);
    const pair = linkPair(memoryPeer('Imute', { 'perigee-sat': 'main' }), h.gatewayPeer);
    h.gateway.acceptLink(pair.gateway);
    await h.clock.advance(10_000);
    const refused = h.events.find((event) => event.kind === 'sat-refused');
    assert.equal(refused?.kind === 'sat-refused' && refused.reason, 'no offer came in time');
    assert.equal(pair.gateway.closed, true);
  });

  test('takes a Sat that came back in place of what is left of it', async () => {
    await using h = await House.create(bundle);
    const sat = await h.addSat('one');
    sat.links[0]?.gateway.silence();
    sat.links[0]?.sat.lose('the network changed');
    await h.clock.advance(600);
    await h.until(() => sat.events.filter(({ kind }) => kind === 'joined').length === 2);
    await h.until(() => h.events.some((event) => event.kind === 'sat-left' && event.code === 'replaced'));
    assert.equal(h.gateway.status.sats.length, 1);
    assert.equal((await h.fetch('/f')).status, 200);
  });
});

async function joinFull(h: House): Promise<string> {
  await h.addSat('two');
  const refused = h.events.findLast((event) => event.kind === 'sat-refused');
  return refused?.kind === 'sat-refused' ? `${refused.check}: ${refused.reason}` : 'joined';
}

suite('a Sat', () => {
  /** A Sat meets a gateway with these attributes; what its log says. */
  async function meet(
    change: (h: House) => void,
    options: Parameters<House['addSat']>[1] = {},
  ): Promise<[House, TestSat]> {
    const h = await House.create(bundle);
    change(h);
    return [h, await h.addSat('one', options)];
  }

  const refusals: readonly (readonly [string, (h: House) => void, RegExp])[] = [
    ['has no credential', (h) => (h.gatewayPeer.attributes = undefined), /^credential/],
    [
      'is the gateway of others',
      (h) =>
        (h.gatewayPeer.attributes = { values: new Map([['perigee-gateway', 'evil']]), expiresAtSeconds: undefined }),
      /^attribute .*"evil", not "main"/,
    ],
    [
      'is only a Sat',
      (h) => (h.gatewayPeer.attributes = { values: new Map([['perigee-sat', '*']]), expiresAtSeconds: undefined }),
      /^attribute/,
    ],
    [
      'has an old credential',
      (h) => (h.gatewayPeer.attributes = { ...h.gatewayPeer.attributes!, expiresAtSeconds: nowSeconds(h.clock) - 5 }),
      /^credential .*expired/,
    ],
  ];
  for (const [name, change, expected] of refusals) {
    test(`shows nothing to a gateway that ${name}`, async () => {
      const [h, sat] = await meet(change);
      const refused = sat.events.find((event) => event.kind === 'gateway-refused');
      assert.match(refused?.kind === 'gateway-refused' ? `${refused.check} ${refused.reason}` : '', expected);
      assert.deepEqual(sat.links[0]?.sat.sent, [], 'not even an offer');
      assert.equal(sat.links[0]?.sat.closed, true);
      await h[Symbol.asyncDispose]();
    });
  }

  test('asks its owner’s policy about the gateway', async () => {
    const allow = parsePolicy('(= subject.identifier "Ianother")');
    const [h, sat] = await meet(() => undefined, { allow });
    assert.equal(sat.events[0]?.kind === 'gateway-refused' && sat.events[0].check, 'policy');
    await h[Symbol.asyncDispose]();
  });

  test('leaves a gateway whose credential ends', async () => {
    const [h, sat] = await meet((house) => {
      house.gatewayPeer.attributes = {
        ...house.gatewayPeer.attributes!,
        expiresAtSeconds: nowSeconds(house.clock) + 20,
      };
    });
    assert.equal((await h.fetch('/f')).status, 200);
    for (let i = 0; i < 22; i++) await h.clock.advance(1000);
    const left = sat.events.find((event) => event.kind === 'left');
    assert.match(left?.kind === 'left' ? `${left.code} ${left.reason}` : '', /^refused credential: .*expired/);
    await h[Symbol.asyncDispose]();
  });

  test('dials again and again, with growing pauses, and comes back', async () => {
    const [h, sat] = await meet(() => undefined, { random: (length) => new Uint8Array(length) });
    sat.unreachable = true;
    sat.links[0]?.sat.lose('reset');
    sat.links[0]?.gateway.lose('reset');
    for (let i = 0; i < 120; i++) await h.clock.advance(1000);
    const pauses = sat.events.flatMap((event) => ('retryInMs' in event ? [event.retryInMs] : []));
    assert.deepEqual(pauses.slice(0, 8), [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    assert.equal(sat.sat.status.state, 'waiting');
    const last = sat.events.findLast((event) => event.kind === 'dial-failed');
    assert.equal(sat.sat.status.trouble, last?.kind === 'dial-failed' && `${last.code}: ${last.reason}`);
    sat.unreachable = false;
    await h.clock.advance(15_000);
    await h.until(() => sat.sat.status.state === 'joined');
    assert.equal(sat.sat.status.trouble, undefined);
    assert.equal((await h.fetch('/f')).status, 200);
    for (let i = 0; i < 15; i++) await h.clock.advance(1000);
    sat.links.at(-1)?.sat.lose('reset');
    await h.until(() => sat.events.at(-1)?.kind === 'left');
    const left = sat.events.at(-1);
    assert.equal(left?.kind === 'left' && left.retryInMs, 500, 'a good session makes patience new');
    await h[Symbol.asyncDispose]();
  });

  test('spreads its attempts, so that a thousand do not come at once', async () => {
    const [h, sat] = await meet(() => undefined, { random: (length) => new Uint8Array(length).fill(255) });
    sat.unreachable = true;
    sat.links[0]?.sat.lose('reset');
    await h.until(() => sat.events.at(-1)?.kind === 'left');
    const left = sat.events.at(-1);
    assert.equal(left?.kind === 'left' && left.retryInMs, 250);
    await h[Symbol.asyncDispose]();
  });

  test('gives up a gateway that does not answer its offer', async () => {
    const h = await House.create(bundle);
    const { linkPair } = await import('./testdata/memory-link.ts');
    const pair = linkPair(memoryPeer('Ione'), h.gatewayPeer);
    const adding = h.addSat('one', { dial: () => Promise.resolve(pair.sat) });
    for (let i = 0; i < 11; i++) await h.clock.advance(1000);
    const sat = await adding;
    const left = sat.events.find((event) => event.kind === 'left');
    assert.equal(left?.kind === 'left' && left.code, 'SAT_WELCOME_TIMED_OUT');
    await h[Symbol.asyncDispose]();
  });
});
