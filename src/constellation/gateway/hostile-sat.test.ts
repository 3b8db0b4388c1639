import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { settle } from '../../../test/support/virtual-clock.ts';
import { utf8 } from '../../kernel/index.ts';
import {
  decodeAnswer,
  decodeCall,
  encodeAsk,
  encodeDeployed,
  encodeLog,
  encodeNeed,
  encodeOffer,
  encodeRejected,
  encodeResult,
  FRAME,
  type Result,
} from '../protocol/index.ts';
import { application } from '../testdata/application.ts';
import { House, type TestReply } from '../testdata/house.ts';
import { linkPair, memoryPeer } from '../testdata/memory-link.ts';
import { RawPeer } from '../testdata/raw-peer.ts';

const SECTIONS = 'capabilities:\n  cache:\n    enabled: true\n  file:\n    enabled: true\n';
const bundle = await application({ functions: { f: 'module f' }, sections: SECTIONS, files: { 'a.txt': 'text of a' } });
const EMPTY_USAGE = { cpuUs: 0, wallUs: 0, queueUs: 0, memoryBytes: 0 };

function result(text: string): Uint8Array {
  const outcome = { kind: 'output', output: utf8(text), responseHeaders: new Map(), changes: undefined } as const;
  return encodeResult({ outcome, usage: EMPTY_USAGE } satisfies Result);
}

/** A gateway and a Sat that is played by hand. */
async function meet(options: Parameters<typeof House.create>[1] = {}): Promise<{ h: House; raw: RawPeer }> {
  const h = await House.create(bundle, options);
  const pair = linkPair(memoryPeer('Iraw', { 'perigee-sat': 'main' }), h.gatewayPeer);
  const raw = new RawPeer(pair.sat);
  h.gateway.acceptLink(pair.gateway);
  return { h, raw };
}

/** The same, after WELCOME and DEPLOYED, with one call of a client on its way. */
async function serve(
  options: Parameters<typeof House.create>[1] = {},
): Promise<{ h: House; raw: RawPeer; call: number; asked: Promise<TestReply> }> {
  const { h, raw } = await meet(options);
  raw.offer();
  await raw.take(FRAME.welcome);
  raw.send(FRAME.deployed, (await raw.take(FRAME.deploy)).id, encodeDeployed(['']));
  await h.until(() => h.gateway.status.sats[0]?.functions.length === 1);
  const asked = h.fetch('/f');
  const { id } = await raw.take(FRAME.call);
  return { h, raw, call: id, asked };
}

/** The session ends with this local code and a goodbye that says nothing; the client's call is not lost in silence. */
async function cutOff(h: House, raw: RawPeer, code: string, reason?: RegExp): Promise<void> {
  assert.equal(await raw.bye(), 2);
  await h.until(() => raw.closed);
  const left = h.events.find((event) => event.kind === 'sat-left' || event.kind === 'sat-refused');
  assert.ok(left?.kind === 'sat-left' || left?.kind === 'sat-refused');
  const shown = left.kind === 'sat-left' ? `${left.code}: ${left.reason}` : left.reason;
  assert.match(shown, new RegExp(`^${code}: `));
  if (reason !== undefined) assert.match(shown, reason);
}

suite('before its welcome a Sat may send nothing but one offer', () => {
  for (const type of [FRAME.result, FRAME.deployed, FRAME.ask, FRAME.need, FRAME.drain, FRAME.call]) {
    test(`not a frame of type ${type}`, async () => {
      const { h, raw } = await meet();
      raw.send(type, 1);
      await cutOff(h, raw, 'CONSTELLATION_UNEXPECTED_FRAME');
      await h[Symbol.asyncDispose]();
    });
  }

  test('not two offers', async () => {
    const { h, raw } = await meet();
    raw.offer();
    raw.offer();
    await cutOff(h, raw, 'CONSTELLATION_UNEXPECTED_FRAME');
    await h[Symbol.asyncDispose]();
  });

  test('not an offer of another version', async () => {
    const { h, raw } = await meet();
    const common = { instance: new Uint8Array(16), concurrency: 1, software: '', labels: new Map() };
    raw.send(
      FRAME.offer,
      0,
      encodeOffer({ ...common, version: 2, ceiling: new Uint8Array(32), cached: [], declined: 0 }),
    );
    assert.equal(await raw.bye(), 1);
    const refused = h.events.find((event) => event.kind === 'sat-refused');
    assert.match(refused?.kind === 'sat-refused' ? refused.reason : '', /version 2/);
    await h[Symbol.asyncDispose]();
  });

  test('not an offer that would play with the terminal of who reads it', async () => {
    const common = {
      version: 1,
      instance: new Uint8Array(16),
      concurrency: 1,
      ceiling: new Uint8Array(32),
      cached: [],
      declined: 0,
    };
    for (const told of [
      { software: '\u001b]0;root\u0007', labels: new Map() },
      { software: 'x'.repeat(257), labels: new Map() },
      { software: 'raw', labels: new Map([['zone', 'a\u202eb']]) },
      { software: 'raw', labels: new Map([['zone\n', 'a']]) },
    ]) {
      const { h, raw } = await meet();
      raw.send(FRAME.offer, 0, encodeOffer({ ...common, ...told }));
      assert.equal(await raw.bye(), 1);
      assert.equal(h.gateway.status.sats.length, 0);
      await h[Symbol.asyncDispose]();
    }
  });

  test('not an offer that cannot be read, nor an endless one', async () => {
    for (const [body, code] of [
      [Uint8Array.of(1, 2, 3), 'BARE_TRUNCATED'],
      [new Uint8Array(300_000), 'CONSTELLATION_FRAME_TOO_LARGE'],
    ] as const) {
      const { h, raw } = await meet();
      raw.send(FRAME.offer, 0, body);
      await cutOff(h, raw, code);
      await h[Symbol.asyncDispose]();
    }
  });
});

test('strangers who say nothing keep no Sat out', async () => {
  const h = await House.create(bundle, { limits: { newcomers: 2 } });
  const [nobody, another] = [memoryPeer('Inobody'), memoryPeer('Ianother', { 'perigee-sat': 'another' })];
  nobody.attributes = undefined;
  for (const peer of [nobody, another, nobody]) {
    const pair = linkPair(peer, h.gatewayPeer);
    const raw = new RawPeer(pair.sat);
    h.gateway.acceptLink(pair.gateway);
    await h.until(() => raw.closed);
  }
  await h.addSat('honest');
  assert.equal((await h.fetch('/f')).status, 200);
  assert.deepEqual(
    h.events.flatMap((event) => (event.kind === 'sat-refused' ? [event.check] : [])),
    ['credential', 'attribute', 'credential'],
  );
  await h[Symbol.asyncDispose]();
});

suite('a Sat is cut off', () => {
  const offences: readonly (readonly [string, (raw: RawPeer, call: number) => void, string])[] = [
    [
      'for the result of a call that is not there',
      (raw) => raw.send(FRAME.result, 999, result('x')),
      'CONSTELLATION_UNEXPECTED_FRAME',
    ],
    ['for an empty one', (raw) => raw.send(FRAME.result, 999), 'BARE_TRUNCATED'],
    [
      'for rejecting what is not there',
      (raw) => raw.send(FRAME.rejected, 999, encodeRejected(0)),
      'CONSTELLATION_UNEXPECTED_FRAME',
    ],
    [
      'for asking on behalf of no call',
      (raw) => raw.send(FRAME.ask, 1, encodeAsk({ kind: 'cache-get', call: 999, name: 'a' })),
      'CONSTELLATION_UNEXPECTED_FRAME',
    ],
    [
      'for logging on behalf of no call',
      (raw) => raw.send(FRAME.log, 999, encodeLog({ level: 'info', text: '' })),
      'CONSTELLATION_UNEXPECTED_FRAME',
    ],
    [
      'for a deployment that never was',
      (raw) => raw.send(FRAME.deployed, 77, encodeDeployed([''])),
      'CONSTELLATION_UNEXPECTED_FRAME',
    ],
    [
      'for a deployment with other functions',
      (raw) => raw.send(FRAME.deployed, 1, encodeDeployed(['', ''])),
      'CONSTELLATION_UNEXPECTED_FRAME',
    ],
    [
      'for a deployment with a story in place of a code',
      (raw) => raw.send(FRAME.deployed, 1, encodeDeployed(['\u001b[2J all is well'])),
      'CONSTELLATION_UNEXPECTED_FRAME',
    ],
    [
      'for a result that cannot be read',
      (raw, call) => raw.send(FRAME.result, call, Uint8Array.of(1)),
      'BARE_TRUNCATED',
    ],
    ['for playing the gateway', (raw) => raw.send(FRAME.cancel, 1), 'CONSTELLATION_UNEXPECTED_FRAME'],
    [
      'for a question it cannot have',
      (raw) => raw.send(FRAME.ask, 1, Uint8Array.of(9, 0, 0, 0, 0)),
      'CONSTELLATION_MALFORMED_FRAME',
    ],
    [
      'for asking too much at once',
      (raw, call) => {
        const ask = encodeAsk({ kind: 'cache-get', call, name: 'a' });
        raw.sendTogether(...Array.from({ length: 20 }, (_, id) => [FRAME.ask, id, ask] as const));
      },
      'CONSTELLATION_TOO_MANY_FRAMES',
    ],
    [
      'for asking twice under one number',
      (raw, call) => {
        const ask = encodeAsk({ kind: 'cache-get', call, name: 'a' });
        raw.sendTogether([FRAME.ask, 1, ask], [FRAME.ask, 1, ask]);
      },
      'CONSTELLATION_UNEXPECTED_FRAME',
    ],
  ];
  for (const [name, offend, code] of offences) {
    test(name, async () => {
      const { h, raw, call, asked } = await serve();
      offend(raw, call);
      await cutOff(h, raw, code);
      assert.equal((await asked).status, 503, 'its call went on to look for another Sat');
      await h.addSat('honest');
      assert.equal((await h.fetch('/f')).status, 200, 'the others are served');
      await h[Symbol.asyncDispose]();
    });
  }

  test('for a result that came twice', async () => {
    const { h, raw, call, asked } = await serve();
    raw.send(FRAME.result, call, result('first'));
    raw.send(FRAME.result, call, result('second'));
    assert.equal((await asked).text, 'first');
    await cutOff(h, raw, 'CONSTELLATION_UNEXPECTED_FRAME');
    await h[Symbol.asyncDispose]();
  });

  test('for pinging without end and reading nothing', async () => {
    const { h, raw, asked } = await serve();
    raw.link.other!.stalled = true;
    const pings = Array.from({ length: 1000 }, (_, id) => [FRAME.ping, id, new Uint8Array(0)] as const);
    for (let sent = 0; sent < 20_000; sent += pings.length) {
      raw.sendTogether(...pings);
      await settle();
    }
    const left = h.events.find((event) => event.kind === 'sat-left');
    assert.equal(left?.kind === 'sat-left' && left.code, 'CONSTELLATION_TOO_MANY_FRAMES');
    assert.equal((await asked).status, 503);
    await h[Symbol.asyncDispose]();
  });

  test('for reading nothing of what it asks for', async () => {
    const { h, raw, asked } = await serve({ limits: { pendingBytes: 1000 } });
    h.gateway.status.sats.at(0);
    raw.link.other!.stalled = true;
    await h.clock.advance(1000);
    const digest = Buffer.from([...bundle.modules.values()][0]!.digest, 'hex');
    for (let id = 1; id < 2000; id++) raw.send(FRAME.need, id, encodeNeed(digest));
    await h.until(() => h.events.some((event) => event.kind === 'sat-left'));
    const left = h.events.find((event) => event.kind === 'sat-left');
    assert.match(left?.kind === 'sat-left' ? `${left.code} ${left.reason}` : '', /TOO_MANY_FRAMES .*wait for the Sat/);
    assert.equal((await asked).status, 503);
    await h[Symbol.asyncDispose]();
  });
});

suite('what a call may ask', () => {
  test('is answered from the gateway’s cache and files', async () => {
    const { h, raw, call, asked } = await serve();
    const ask = async (id: number, question: Parameters<typeof encodeAsk>[0]): Promise<unknown> => {
      raw.send(FRAME.ask, id, encodeAsk(question));
      const answer = await raw.take(FRAME.answer);
      assert.equal(answer.id, id);
      const decoded = decodeAnswer(answer.body);
      return decoded.ok ? Buffer.from(decoded.value).toString() : `${decoded.reason}: ${decoded.message}`;
    };
    assert.equal(await ask(1, { kind: 'cache-get', call, name: 'a' }), 'missing: key not found');
    const value = utf8('value');
    assert.equal(await ask(2, { kind: 'cache-set', call, name: 'a', value, ttlSeconds: 1 }), '');
    assert.equal(await ask(3, { kind: 'cache-get', call, name: 'a' }), 'value');
    await h.clock.advance(1000);
    assert.equal(await ask(1, { kind: 'cache-get', call, name: 'a' }), 'missing: key not found');
    assert.equal(await ask(4, { kind: 'static-file', call, name: 'a.txt' }), 'text of a');
    assert.equal(await ask(5, { kind: 'static-file', call, name: '../a.txt' }), 'missing: file does not exist');
    assert.equal(await ask(6, { kind: 'secret', call, name: 'KEY' }), '', 'not granted: an empty value');
    raw.send(FRAME.result, call, result('ok'));
    assert.equal((await asked).text, 'ok');
    await h[Symbol.asyncDispose]();
  });

  test('is decided by the gateway, whatever the Sat thinks', async () => {
    const plain = await application({ functions: { f: 'module f' } });
    const { h, raw } = await meet({ secrets: { get: () => Promise.resolve('hidden') } });
    await h.gateway.deploy(plain);
    raw.offer();
    const deployment = await raw.take(FRAME.deploy);
    raw.send(FRAME.deployed, deployment.id, encodeDeployed(['']));
    await h.until(() => h.gateway.status.sats[0]?.functions.length === 1);
    const asked = h.fetch('/f');
    const { id: call } = await raw.take(FRAME.call);
    for (const kind of ['cache-get', 'static-file', 'secret'] as const) {
      raw.send(FRAME.ask, 1, encodeAsk({ kind, call, name: 'a' }));
      const answer = decodeAnswer((await raw.take(FRAME.answer)).body);
      assert.deepEqual(
        answer,
        kind === 'secret'
          ? { ok: true, value: answer.ok && answer.value }
          : {
              ok: false,
              reason: 'refused',
              message: 'capability is not enabled',
            },
      );
      if (answer.ok) assert.equal(answer.value.length, 0);
    }
    raw.send(FRAME.result, call, result('ok'));
    await asked;
    await h[Symbol.asyncDispose]();
  });

  test('fails when nobody waits for the call any more, and is no offence', async () => {
    const { h, raw, call, asked } = await serve({ limits: { requestMs: 1000 } });
    for (let i = 0; i < 12; i++) {
      raw.send(FRAME.pong, 0);
      await h.clock.advance(100);
    }
    assert.equal((await asked).status, 504);
    await raw.take(FRAME.cancel);
    raw.send(FRAME.ask, 1, encodeAsk({ kind: 'cache-get', call, name: 'a' }));
    const answer = decodeAnswer((await raw.take(FRAME.answer)).body);
    assert.equal(!answer.ok && answer.message, 'the call has ended');
    raw.send(FRAME.log, call, encodeLog({ level: 'info', text: 'still here' }));
    raw.send(FRAME.result, call, result('late'));
    for (let i = 0; i < 5; i++) await settle();
    assert.equal(h.gateway.status.sats[0]?.inFlight, 0);
    assert.equal(raw.closed, false);
    await h[Symbol.asyncDispose]();
  });

  test('is logged with the function’s name', async () => {
    const { h, raw, call, asked } = await serve();
    raw.send(FRAME.log, call, encodeLog({ level: 'warn', text: 'watch out' }));
    raw.send(FRAME.result, call, result('ok'));
    await asked;
    const line = h.events.find((event) => event.kind === 'function-log');
    assert.deepEqual(line, {
      kind: 'function-log',
      function: 'com.example.test#default::f@v1.0.0',
      sat: 'Iraw',
      level: 'warn',
      text: 'watch out',
    });
    await h[Symbol.asyncDispose]();
  });
});

test('a call that asks for a secret without end does not push everything else out of the log', async () => {
  const sections = 'capabilities:\n  secrets:\n    enabled: true\n    env:\n      allowedKeys: [KEY]\n';
  const { h, raw } = await meet({ secrets: { get: () => Promise.resolve('hidden') } });
  await h.gateway.deploy(await application({ functions: { f: 'module f' }, sections }));
  raw.offer();
  const { id } = await raw.take(FRAME.deploy);
  raw.send(FRAME.deployed, id, encodeDeployed(['']));
  await h.until(() => h.gateway.status.sats[0]?.functions.length === 1);
  const asked = h.fetch('/f');
  const { id: call } = await raw.take(FRAME.call);
  const ask = async (): Promise<void> => {
    raw.send(FRAME.ask, 1, encodeAsk({ kind: 'secret', call, name: 'KEY' }));
    await raw.take(FRAME.answer);
  };
  for (let i = 0; i < 150; i++) await ask();
  const told = (): readonly number[] =>
    h.events.flatMap((event) => (event.kind === 'capability' ? [event.untold] : []));
  assert.equal(told().length, 100);
  raw.send(FRAME.pong, 0);
  await h.clock.advance(1000);
  await ask();
  assert.equal(told().at(-1), 50);
  raw.send(FRAME.result, call, result('ok'));
  assert.equal((await asked).status, 200);
  await h[Symbol.asyncDispose]();
});

test('a Sat that logs without end fills nobody’s disk', async () => {
  const { h, raw, call, asked } = await serve();
  const line = encodeLog({ level: 'info', text: 'x'.repeat(200_000) });
  for (let i = 0; i < 1000; i++) raw.send(FRAME.log, call, line);
  for (let turn = 0; turn < 5; turn++) await settle();
  await h.clock.advance(1000);
  raw.send(FRAME.log, call, encodeLog({ level: 'info', text: 'the last one' }));
  raw.send(FRAME.result, call, result('ok'));
  assert.equal((await asked).status, 200);
  const lines = h.events.flatMap((event) => (event.kind === 'function-log' ? [event.text] : []));
  assert.equal(lines.length, 402);
  assert.ok(lines.every(({ length }) => length <= 32_768));
  assert.deepEqual(lines.slice(-2), ['600 lines were dropped: the Sat sends too many', 'the last one']);
  await h[Symbol.asyncDispose]();
});

test('a long call whose client leaves never reaches the Sat whole', async () => {
  const { h, raw, call, asked } = await serve();
  raw.send(FRAME.result, call, result('ok'));
  await asked;
  raw.link.other!.stalled = true;
  const controller = new AbortController();
  const body = 'x'.repeat(2_000_000);
  const long = h.fetch('/f', { method: 'POST', body, signal: controller.signal });
  await h.until(() => h.gateway.status.sats[0]?.inFlight === 1);
  controller.abort();
  await assert.rejects(long);
  await h.until(() => h.gateway.status.sats[0]?.inFlight === 0);
  raw.link.other!.resume();
  const next = h.fetch('/f', { method: 'POST', body });
  const received = decodeCall((await raw.take(FRAME.call)).body);
  assert.equal(received.request.body.length, 2_000_000);
  await h[Symbol.asyncDispose]();
  assert.ok([502, 503].includes((await next).status));
});
