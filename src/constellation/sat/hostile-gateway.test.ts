import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite, test } from 'node:test';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { fromUtf8, utf8 } from '../../kernel/index.ts';
import { DEFAULT_CEILING, encodeGrants, type Grants, NO_GRANTS } from '../../compute/capability/index.ts';
import {
  type Call,
  decodeAsk,
  decodeDeployed,
  decodeNeed,
  decodeOffer,
  decodeRejected,
  decodeResult,
  encodeAnswer,
  encodeCall,
  encodeDeploy,
  encodeWelcome,
  FRAME,
  REJECTION,
} from '../protocol/index.ts';
import { linkPair, memoryPeer } from '../testdata/memory-link.ts';
import { RawPeer } from '../testdata/raw-peer.ts';
import { output, type ScriptedCall, ScriptedSandbox } from '../testdata/scripted-sandbox.ts';
import { MemoryModuleCache, type ModuleCache, Sat, type SatEvent, type SatOptions } from './index.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());
const MODULE = utf8('module');

function deployBody(
  grants: Grants = NO_GRANTS,
  module = MODULE,
  size = module.length,
  limits = new Map<string, number>(),
): Uint8Array {
  const deployed = { name: 'f', digest: sha256(module), size, grants: encodeGrants(grants), cpuMs: 0, outputBytes: 0 };
  return encodeDeploy({ application: 'app', version: 'v1', functions: [{ ...deployed, limits }] });
}

function callBody(changes: Partial<Call> = {}): Uint8Array {
  const maps = { headers: new Map(), params: new Map(), state: new Map(), responseHeaders: new Map() };
  const request = { id: 'r', method: 'GET', url: '/', body: utf8('in'), ...maps };
  return encodeCall({ deployment: 1, functionIndex: 0, remainingMs: 5000, request, caller: '', trace: '', ...changes });
}

/** A Sat and a gateway that is played by hand. */
class Stage implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly sandbox = new ScriptedSandbox();
  readonly events: SatEvent[] = [];
  readonly gateways: RawPeer[] = [];
  readonly sat: Sat;

  constructor(options: Partial<SatOptions> = {}) {
    this.sat = new Sat({
      clock: this.clock,
      random: (length) => new Uint8Array(length),
      gateway: 'main',
      sandbox: this.sandbox,
      modules: new MemoryModuleCache(),
      onEvent: (event) => this.events.push(event),
      dial: () => {
        const pair = linkPair(memoryPeer('Isat'), memoryPeer('Igateway', { 'perigee-gateway': '*' }));
        this.gateways.push(new RawPeer(pair.gateway));
        return Promise.resolve(pair.sat);
      },
      ...options,
    });
  }

  /** As far as WELCOME. */
  static async joined(options: Partial<SatOptions> = {}): Promise<[Stage, RawPeer]> {
    const stage = new Stage(options);
    await settle();
    const [gateway] = stage.gateways as [RawPeer];
    await gateway.take(FRAME.offer);
    gateway.send(FRAME.welcome, 0, encodeWelcome({ version: 1, heartbeatMs: 1000, deadAfterMs: 2500 }));
    return [stage, gateway];
  }

  /** As far as a deployment of one function that is ready. */
  static async ready(grants: Grants = NO_GRANTS, options: Partial<SatOptions> = {}): Promise<[Stage, RawPeer]> {
    const [stage, gateway] = await Stage.joined(options);
    gateway.send(FRAME.deploy, 1, deployBody(grants));
    gateway.send(FRAME.module, (await gateway.take(FRAME.need)).id, MODULE);
    assert.deepEqual(decodeDeployed((await gateway.take(FRAME.deployed)).body), ['']);
    return [stage, gateway];
  }

  /** The Sat leaves with this code in its own log, and a goodbye that says nothing. */
  async leaves(gateway: RawPeer, code: string): Promise<void> {
    assert.equal(await gateway.bye(), 2);
    await settle();
    await settle();
    const left = this.events.find((event) => event.kind === 'left');
    assert.equal(left?.kind === 'left' && left.code, code);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.sat.close(0);
    await this.clock.advance(1);
    await closed;
  }
}

test('a Sat offers what it is and has', async () => {
  const modules = new MemoryModuleCache();
  await modules.put('ab'.repeat(32), utf8('x'));
  await using stage = new Stage({ modules, software: 's', labels: new Map([['a', 'b']]), limits: { concurrency: 5 } });
  await settle();
  const offer = decodeOffer((await stage.gateways[0]!.take(FRAME.offer)).body);
  assert.deepEqual([offer.version, offer.concurrency, offer.software, [...offer.labels]], [1, 5, 's', [['a', 'b']]]);
  assert.deepEqual(offer.ceiling, sha256(utf8(encodeGrants(DEFAULT_CEILING))));
  assert.deepEqual(offer.cached, [new Uint8Array(32).fill(0xab)]);
  assert.equal(offer.declined, 1, 'databases, as nobody has allowed them');
});

suite('a Sat leaves', () => {
  const offences: readonly (readonly [string, (gateway: RawPeer) => void, string])[] = [
    ['at an answer that nobody asked for', (g) => g.send(FRAME.answer, 1), 'BARE_TRUNCATED'],
    [
      'at a whole one',
      (g) => g.send(FRAME.answer, 1, encodeAnswer({ ok: true, value: utf8('x') })),
      'CONSTELLATION_UNEXPECTED_FRAME',
    ],
    ['at a module that nobody asked for', (g) => g.send(FRAME.module, 9, MODULE), 'CONSTELLATION_UNEXPECTED_FRAME'],
    ['at an empty one', (g) => g.send(FRAME.module, 9), 'CONSTELLATION_UNEXPECTED_FRAME'],
    [
      'at a deployment that is there already',
      (g) => g.send(FRAME.deploy, 1, deployBody()),
      'CONSTELLATION_UNEXPECTED_FRAME',
    ],
    ['at the withdrawal of nothing', (g) => g.send(FRAME.withdraw, 5), 'CONSTELLATION_UNEXPECTED_FRAME'],
    ['at the end of a call that never was', (g) => g.send(FRAME.cancel, 5), 'CONSTELLATION_UNEXPECTED_FRAME'],
    ['at a call that cannot be read', (g) => g.send(FRAME.call, 1, Uint8Array.of(1)), 'BARE_TRUNCATED'],
    [
      'at a second welcome',
      (g) => g.send(FRAME.welcome, 0, encodeWelcome({ version: 1, heartbeatMs: 1, deadAfterMs: 1 })),
      'CONSTELLATION_UNEXPECTED_FRAME',
    ],
    ['at a frame of its own kind', (g) => g.send(FRAME.result, 1), 'CONSTELLATION_UNEXPECTED_FRAME'],
    [
      'at too many deployments',
      (g) => {
        for (let id = 2; id < 20; id++) g.send(FRAME.deploy, id, deployBody());
      },
      'CONSTELLATION_UNEXPECTED_FRAME',
    ],
  ];
  test('at deployments that come and go faster than they are prepared', async () => {
    const [stage, gateway] = await Stage.ready();
    for (let id = 2; id < 40; id++) {
      gateway.send(FRAME.deploy, id, deployBody(NO_GRANTS, utf8('never sent')));
      gateway.send(FRAME.withdraw, id);
    }
    await stage.leaves(gateway, 'CONSTELLATION_UNEXPECTED_FRAME');
    await stage[Symbol.asyncDispose]();
  });

  test('at calls and pings without end whose answers are not read', async () => {
    const offences: (readonly [typeof FRAME.call | typeof FRAME.ping, Uint8Array])[] = [
      [FRAME.call, callBody({ deployment: 99 })],
      [FRAME.ping, new Uint8Array(0)],
    ];
    for (const [type, body] of offences) {
      const [stage, gateway] = await Stage.ready();
      gateway.link.other!.stalled = true;
      const frames = (from: number): (readonly [typeof type, number, Uint8Array])[] =>
        Array.from({ length: 1000 }, (_, index) => [type, from + index, body] as const);
      for (let sent = 0; sent < 20_000; sent += 1000) {
        gateway.sendTogether(...frames(sent + 1));
        await settle();
      }
      const left = stage.events.find((event) => event.kind === 'left');
      assert.equal(left?.kind === 'left' && left.code, 'CONSTELLATION_TOO_MANY_FRAMES');
      await stage[Symbol.asyncDispose]();
    }
  });

  for (const [name, offend, code] of offences) {
    test(name, async () => {
      const [stage, gateway] = await Stage.ready();
      offend(gateway);
      await stage.leaves(gateway, code);
      await stage[Symbol.asyncDispose]();
    });
  }

  test('at a call that runs already, and ends it', async () => {
    const [stage, gateway] = await Stage.ready();
    stage.sandbox.script = () => undefined;
    gateway.send(FRAME.call, 1, callBody());
    gateway.send(FRAME.call, 1, callBody());
    await stage.leaves(gateway, 'CONSTELLATION_UNEXPECTED_FRAME');
    assert.equal(stage.sandbox.calls[0]?.options.signal?.aborted, true);
    await stage[Symbol.asyncDispose]();
  });

  test('at anything before its welcome', async () => {
    for (const type of [FRAME.deploy, FRAME.call, FRAME.answer]) {
      await using stage = new Stage();
      await settle();
      const [gateway] = stage.gateways as [RawPeer];
      gateway.send(type, 1);
      await stage.leaves(gateway, 'CONSTELLATION_UNEXPECTED_FRAME');
    }
  });

  test('a gateway that falls silent, within 3 s, and ends what runs for it', async () => {
    const [stage, gateway] = await Stage.ready();
    stage.sandbox.script = () => undefined;
    gateway.send(FRAME.call, 1, callBody());
    await settle();
    await settle();
    await stage.clock.advance(3000);
    const left = stage.events.find((event) => event.kind === 'left');
    assert.equal(left?.kind === 'left' && left.code, 'silent');
    assert.equal(stage.sandbox.calls[0]?.options.signal?.aborted, true);
    await stage[Symbol.asyncDispose]();
  });
});

suite('a module', () => {
  test('with another digest is not looked at', async () => {
    const [stage, gateway] = await Stage.joined();
    gateway.send(FRAME.deploy, 1, deployBody());
    gateway.send(FRAME.module, (await gateway.take(FRAME.need)).id, utf8('modulf'));
    assert.deepEqual(decodeDeployed((await gateway.take(FRAME.deployed)).body), ['SAT_MODULE_UNAVAILABLE']);
    assert.deepEqual(stage.sandbox.loaded, []);
    const deployed = stage.events.find((event) => event.kind === 'deployed');
    assert.match(deployed?.kind === 'deployed' ? (deployed.unusable[0]?.reason ?? '') : '', /sent something else/);
    gateway.send(FRAME.call, 1, callBody());
    assert.equal(decodeRejected((await gateway.take(FRAME.rejected)).body), REJECTION.unknownFunction);
    await stage[Symbol.asyncDispose]();
  });

  test('longer than announced ends the session', async () => {
    const [stage, gateway] = await Stage.joined();
    gateway.send(FRAME.deploy, 1, deployBody(NO_GRANTS, MODULE, 3));
    gateway.send(FRAME.module, (await gateway.take(FRAME.need)).id, MODULE);
    await stage.leaves(gateway, 'CONSTELLATION_FRAME_TOO_LARGE');
    await stage[Symbol.asyncDispose]();
  });

  test('that the gateway does not have makes the function unusable', async () => {
    const [stage, gateway] = await Stage.joined();
    gateway.send(FRAME.deploy, 1, deployBody());
    gateway.send(FRAME.module, (await gateway.take(FRAME.need)).id);
    assert.deepEqual(decodeDeployed((await gateway.take(FRAME.deployed)).body), ['SAT_MODULE_UNAVAILABLE']);
    await stage[Symbol.asyncDispose]();
  });

  test('comes from the cache when that has it, unless it is damaged there', async () => {
    const digest = Buffer.from(sha256(MODULE)).toString('hex');
    for (const [bytes, needed] of [
      [MODULE, false],
      [utf8('damage'), true],
    ] as const) {
      const cache: ModuleCache = new MemoryModuleCache();
      await cache.put(digest, bytes);
      const [stage, gateway] = await Stage.joined({ modules: cache });
      gateway.send(FRAME.deploy, 1, deployBody());
      if (needed) {
        const need = await gateway.take(FRAME.need);
        assert.deepEqual(decodeNeed(need.body), sha256(MODULE));
        gateway.send(FRAME.module, need.id, MODULE);
      }
      assert.deepEqual(decodeDeployed((await gateway.take(FRAME.deployed)).body), ['']);
      assert.equal(
        stage.events.some(({ kind }) => kind === 'cache-trouble'),
        needed,
      );
      assert.deepEqual(fromUtf8((await cache.get(digest)) ?? utf8('')), 'module');
      await stage[Symbol.asyncDispose]();
    }
  });

  test('is run although the cache fails', async () => {
    const broken = (): Promise<never> => Promise.reject(new Error('disk on fire'));
    const modules = { get: broken, put: broken, delete: broken, digests: broken };
    const [stage] = await Stage.ready(NO_GRANTS, { modules });
    assert.equal(stage.events.filter(({ kind }) => kind === 'cache-trouble').length, 2);
    await stage[Symbol.asyncDispose]();
  });

  test('that is withdrawn while it is on its way leaves nothing', async () => {
    const [stage, gateway] = await Stage.joined();
    gateway.send(FRAME.deploy, 1, deployBody());
    const need = await gateway.take(FRAME.need);
    gateway.send(FRAME.withdraw, 1);
    gateway.send(FRAME.module, need.id, MODULE);
    gateway.send(FRAME.call, 1, callBody());
    await gateway.take(FRAME.rejected);
    assert.equal(
      gateway.frames.some(({ type }) => type === FRAME.deployed),
      false,
    );
    await stage[Symbol.asyncDispose]();
  });

  test('with grants that cannot be read is unusable', async () => {
    const [stage, gateway] = await Stage.joined();
    const deployed = { name: 'f', digest: sha256(MODULE), size: 6, grants: '{"all":true}', cpuMs: 0, outputBytes: 0 };
    const functions = [{ ...deployed, limits: new Map() }];
    gateway.send(FRAME.deploy, 1, encodeDeploy({ application: 'a', version: 'v', functions }));
    assert.deepEqual(decodeDeployed((await gateway.take(FRAME.deployed)).body), ['CAPABILITY_MALFORMED_GRANTS']);
    await stage[Symbol.asyncDispose]();
  });
});

suite('a call', () => {
  const everything: Grants = {
    ...NO_GRANTS,
    cache: { enabled: true, allowGet: true, allowSet: true, allowDelete: true },
    file: { enabled: true },
    secrets: { enabled: true, allowedKeys: ['KEY'] },
    http: { enabled: true, rules: DEFAULT_CEILING.http.rules },
  };

  test('runs with what it was given and is answered', async () => {
    const [stage, gateway] = await Stage.ready();
    stage.sandbox.script = ({ options, finish }) =>
      finish(output('out', { changes: { url: '/x' }, responseHeaders: new Map([['a', options.request?.id ?? '']]) }));
    gateway.send(FRAME.call, 7, callBody({ remainingMs: 123 }));
    const frame = await gateway.take(FRAME.result);
    const { outcome, usage } = decodeResult(frame.body);
    assert.equal(frame.id, 7);
    assert.deepEqual(
      outcome.kind === 'output' && [fromUtf8(outcome.output!), outcome.changes, [...outcome.responseHeaders]],
      ['out', { url: '/x' }, [['a', 'r']]],
    );
    assert.deepEqual(usage, { cpuUs: 1000, wallUs: 2000, queueUs: 0, memoryBytes: 65_536 });
    assert.equal(stage.sandbox.calls[0]?.options.limits?.deadlineMs, 123);
    await stage[Symbol.asyncDispose]();
  });

  test('above the number of places is not started', async () => {
    const [stage, gateway] = await Stage.ready(NO_GRANTS, { limits: { concurrency: 2 } });
    stage.sandbox.script = () => undefined;
    for (const id of [1, 2, 3]) gateway.send(FRAME.call, id, callBody());
    const rejected = await gateway.take(FRAME.rejected);
    assert.deepEqual([rejected.id, decodeRejected(rejected.body)], [3, REJECTION.overloaded]);
    assert.equal(stage.sandbox.calls.length, 2);
    await stage[Symbol.asyncDispose]();
  });

  test('that is cancelled ends and still has a result; one that has ended is left alone', async () => {
    const [stage, gateway] = await Stage.ready();
    stage.sandbox.script = () => undefined;
    gateway.send(FRAME.call, 3, callBody());
    gateway.send(FRAME.cancel, 3);
    const { outcome } = decodeResult((await gateway.take(FRAME.result)).body);
    assert.equal(outcome.kind === 'failure' && outcome.code, 'ABORTED');
    gateway.send(FRAME.cancel, 3);
    gateway.send(FRAME.ping, 5);
    assert.equal((await gateway.take(FRAME.pong)).id, 5);
    await stage[Symbol.asyncDispose]();
  });

  test('asks its gateway for what is the gateway’s, within its grants', async () => {
    const [stage, gateway] = await Stage.ready(everything);
    const held: ScriptedCall[] = [];
    stage.sandbox.script = (call) => held.push(call);
    gateway.send(FRAME.call, 4, callBody());
    for (let i = 0; i < 5; i++) await settle();
    const { capabilities } = held[0]!.options;
    const signal = new AbortController().signal;
    const got = capabilities.cacheGet('key', signal);
    const ask = await gateway.take(FRAME.ask);
    assert.deepEqual(decodeAsk(ask.body), { kind: 'cache-get', call: 4, name: 'key' });
    gateway.send(FRAME.answer, ask.id, encodeAnswer({ ok: true, value: utf8('value') }));
    const answer = await got;
    assert.equal(answer.ok && fromUtf8(answer.value), 'value');

    const kept = capabilities.cacheSet('key', utf8('v'), -1, signal);
    const keep = await gateway.take(FRAME.ask);
    assert.deepEqual(decodeAsk(keep.body), {
      kind: 'cache-set',
      call: 4,
      name: 'key',
      value: utf8('v'),
      ttlSeconds: 0,
    });
    gateway.send(FRAME.answer, keep.id, encodeAnswer({ ok: false, reason: 'failed', message: 'full' }));
    assert.equal((await kept).ok, false);

    const file = capabilities.staticFile('a.txt', signal);
    gateway.send(
      FRAME.answer,
      (await gateway.take(FRAME.ask)).id,
      encodeAnswer({ ok: false, reason: 'missing', message: '' }),
    );
    assert.deepEqual(await file, { ok: false, reason: 'missing', message: 'file does not exist' });

    const secret = capabilities.secret('KEY', signal);
    gateway.send(FRAME.answer, (await gateway.take(FRAME.ask)).id, encodeAnswer({ ok: true, value: utf8('s3') }));
    const secretAnswer = await secret;
    assert.equal(secretAnswer.ok && fromUtf8(secretAnswer.value), 's3');
    const other = await capabilities.secret('OTHER', signal);
    assert.equal(other.ok && other.value.length, 0);
    assert.equal(
      gateway.frames.some(({ type }) => type === FRAME.ask),
      false,
      'what is not granted is not asked for',
    );
    capabilities.log('warn', 'look\nout');
    assert.match(Buffer.from((await gateway.take(FRAME.log)).body).toString(), /look\\nout/);
    await stage[Symbol.asyncDispose]();
  });

  test('may do nothing that the owner of the Sat does not allow', async () => {
    const ceiling = {
      ...DEFAULT_CEILING,
      cache: { ...DEFAULT_CEILING.cache, allowSet: false },
      file: { enabled: false },
    };
    const egress = { fetch: () => assert.fail('never'), graphql: () => assert.fail('never') };
    const noHttp = { ...ceiling, http: { enabled: false, rules: [] } };
    const [stage, gateway] = await Stage.ready(everything, { ceiling: noHttp, egress });
    const held: ScriptedCall[] = [];
    stage.sandbox.script = (call) => held.push(call);
    gateway.send(FRAME.call, 4, callBody());
    for (let i = 0; i < 5; i++) await settle();
    const { capabilities } = held[0]!.options;
    const signal = new AbortController().signal;
    const refused = { ok: false, reason: 'refused', message: 'capability is not enabled' };
    assert.deepEqual(await capabilities.cacheSet('k', utf8('v'), 0, signal), refused);
    assert.deepEqual(await capabilities.staticFile('a.txt', signal), refused);
    const request = { method: 'GET', url: 'https://example.com', headers: [], body: new Uint8Array(0) } as const;
    assert.deepEqual(await capabilities.fetch(request, signal), refused);
    assert.equal(gateway.frames.length, 0);
    await stage[Symbol.asyncDispose]();
  });

  test('that has ended gets no answers, and a late one is no offence', async () => {
    const [stage, gateway] = await Stage.ready(everything);
    const held: ScriptedCall[] = [];
    stage.sandbox.script = (call) => held.push(call);
    gateway.send(FRAME.call, 4, callBody());
    for (let i = 0; i < 5; i++) await settle();
    const controller = new AbortController();
    const got = held[0]!.options.capabilities.cacheGet('key', controller.signal);
    const ask = await gateway.take(FRAME.ask);
    controller.abort(new Error('the call has ended'));
    assert.equal((await got).ok, false);
    gateway.send(FRAME.answer, ask.id, encodeAnswer({ ok: true, value: utf8('late') }));
    gateway.send(FRAME.ping, 1);
    await gateway.take(FRAME.pong);
    await stage[Symbol.asyncDispose]();
  });

  test('gets an answer to everything when the gateway goes', async () => {
    const [stage, gateway] = await Stage.ready(everything);
    const held: ScriptedCall[] = [];
    stage.sandbox.script = (call) => held.push(call);
    gateway.send(FRAME.call, 4, callBody());
    for (let i = 0; i < 5; i++) await settle();
    const got = held[0]!.options.capabilities.cacheGet('key', new AbortController().signal);
    await gateway.take(FRAME.ask);
    gateway.link.close();
    assert.equal((await got).ok, false);
    await stage[Symbol.asyncDispose]();
  });
});
