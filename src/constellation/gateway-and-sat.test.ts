import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { ECHO, echo, env, guest, guestText, realClock } from '../../test/support/guests.ts';
import { createNetworkNode, type NetworkNode } from '../../test/support/network-node.ts';
import { assemble } from '../../test/support/wasm-engine.ts';
import { Sandbox } from '../compute/sandbox/index.ts';
import type { Clock } from '../kernel/index.ts';
import { type CredentialSource, listenForChannels } from '../network/channel/index.ts';
import { localAddress } from '../network/routing/index.ts';
import { TcpTransport } from '../network/transport/tcp/index.ts';
import { attributesOf, issueCredential, trustEveryone } from '../trust/credential/index.ts';
import { Gateway, type GatewayEvent } from './gateway/index.ts';
import { MemoryModuleCache, Sat, type SatEvent } from './sat/index.ts';
import { acceptLinks, dialLink } from './session/index.ts';
import { application, route } from './testdata/application.ts';
import { House } from './testdata/house.ts';

let sandbox: Sandbox;
before(async () => {
  sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1 }, callLimits: { cpuMs: 200 } });
});
after(() => sandbox.close(1000));

/** Text `at` bytes into the memory of a guest. */
const data = (at: number, text: string): string => `(data (i32.const ${at}) "${text}")`;
const RETURNING = env('return_result', 3, 0) + env('get_ffi_result', 2);

/** Returns the value that `call` leaves behind, or the message of the failure. */
function returning(call: string): string {
  return `(local.set $n ${call})
    (if (i32.lt_s (local.get $n) (i32.const 0)) (then (local.set $n (i32.sub (i32.const 0) (local.get $n)))))
    (drop (call $get_ffi_result (i32.const 4096) (local.get $ident)))
    (call $return_result (i32.const 4096) (local.get $n) (local.get $ident))`;
}

/** Puts its input into the cache under `k`, or reads it from there. */
const store = guest({
  imports: env('cache_set', 6) + env('return_result', 3, 0),
  fields: data(64, 'k'),
  run: `(drop (call $cache_set (i32.const 64) (i32.const 1) (local.get $ptr) (local.get $len) (i32.const 0) (local.get $ident)))
    ${ECHO}`,
});
const load = guest({
  imports: RETURNING + env('cache_get', 3),
  fields: data(64, 'k'),
  run: returning('(call $cache_get (i32.const 64) (i32.const 1) (local.get $ident))'),
});
const file = guest({
  imports: RETURNING + env('get_static_file', 3),
  fields: data(64, 'hello.txt'),
  run: returning('(call $get_static_file (i32.const 64) (i32.const 9) (local.get $ident))'),
});
const stateOf = guest({
  imports: RETURNING + env('request_get_field', 4),
  fields: data(64, 'echo'),
  run: returning('(call $request_get_field (i32.const 4) (i32.const 64) (i32.const 4) (local.get $ident))'),
});
const secret = guest({
  imports: RETURNING + env('get_secret_value', 3),
  fields: data(64, 'KEY'),
  run: returning('(call $get_secret_value (i32.const 64) (i32.const 3) (local.get $ident))'),
});
const trap = guest({ run: 'unreachable' });
const spin = guest({ run: '(loop $l (br $l))' });

suite('real functions at a real Sat', () => {
  const functions = { echo: echo(), store, load, file, secret, trap, spin, stateof: stateOf };
  const sections = [
    'capabilities:',
    '  cache: { enabled: true }',
    '  file: { enabled: true }',
    '  secrets: { enabled: true, env: { allowedKeys: [KEY] } }',
  ].join('\n');
  const handlers = [
    ...Object.keys(functions).map((name) => route('POST', `/${name}`, name)),
    route('POST', '/steps', 'echo', 'stateof'),
  ].join('\n');

  async function house(): Promise<House<Clock>> {
    const bundle = await application({ functions, handlers, sections, files: { 'hello.txt': 'hello from a file' } });
    const secrets = {
      get: (_application: string, name: string) => Promise.resolve(name === 'KEY' ? 'open' : undefined),
    };
    const h = await House.create<Clock>(bundle, { secrets }, realClock);
    await h.addSat('one', { sandbox });
    return h;
  }

  test('answer, step after step, with what the gateway has', async () => {
    await using h = await house();
    const post = async (path: string, body = ''): Promise<string> => {
      const { status, text } = await h.fetch(path, { method: 'POST', body });
      return status === 200 ? text : `${status} ${text}`;
    };
    assert.equal(await post('/echo', 'hello'), 'hello');
    assert.equal(await post('/steps', 'through the state'), 'through the state');
    assert.equal(await post('/load'), 'key not found');
    await post('/store', 'kept at the gateway');
    assert.equal(await post('/load'), 'kept at the gateway');
    assert.equal(await post('/file'), 'hello from a file');
    assert.equal(await post('/secret'), 'open');
  });

  test('share the gateway’s cache with those of other Sats', async () => {
    await using h = await house();
    await h.fetch('/store', { method: 'POST', body: 'shared' });
    await h.addSat('two', { sandbox });
    const seen = new Map<string, string>();
    for (let i = 0; i < 6; i++) {
      const reply = await h.fetch('/load', { method: 'POST' });
      seen.set(reply.headers.get('x-perigee-sat') ?? '', reply.text);
    }
    assert.deepEqual(Object.fromEntries(seen), { Ione: 'shared', Itwo: 'shared' });
  });

  test('that break or never end are stopped with a code, and hurt nobody', async () => {
    await using h = await house();
    const [trapped, spun, echoed] = await Promise.all([
      h.fetch('/trap', { method: 'POST' }),
      h.fetch('/spin', { method: 'POST' }),
      h.fetch('/echo', { method: 'POST', body: 'alive' }),
    ]);
    assert.deepEqual([trapped.status, JSON.parse(trapped.text).code], [500, 'FUNCTION_TRAP']);
    assert.deepEqual([spun.status, JSON.parse(spun.text).code], [500, 'FUNCTION_CPU_TIME']);
    assert.equal(echoed.text, 'alive');
  });

  test('that break tell the logs of both sides where, and the client nothing', async () => {
    const secretive = assemble(
      guestText({ fields: '(func $parse_card_number (unreachable))', run: '(call $parse_card_number)' }),
      true,
    );
    await using h = await House.create<Clock>(await application({ functions: { secretive } }), {}, realClock);
    const { events } = await h.addSat('one', { sandbox });
    const { status, text, headers } = await h.fetch('/secretive', { method: 'POST' });
    const requestId = headers.get('x-perigee-request-id');
    assert.deepEqual(
      [status, JSON.parse(text)],
      [
        500,
        {
          status: 500,
          message: 'the request could not be completed',
          code: 'FUNCTION_TRAP',
          request_id: requestId,
        },
      ],
    );
    assert.doesNotMatch(JSON.stringify([...headers]) + text, /parse_card|unreachable|0x/);
    const stack = /^unreachable at parse_card_number\[0\]:0x[0-9a-f]+ ← run\[3\]:0x[0-9a-f]+$/;
    const told = events.find((event) => event.kind === 'function-failed');
    assert.ok(told);
    assert.deepEqual([told.code, told.requestId], ['TRAP', requestId]);
    assert.match(told.function, /^[a-z.]+.*secretive@/);
    assert.match(told.reason, stack);
    await h.until(() => h.events.some(({ kind }) => kind === 'request'));
    const request = h.events.find((event) => event.kind === 'request');
    assert.equal(request?.reason, `${told.function}: ${told.reason}`);
  });

  test('carry bodies of many fragments both ways', async () => {
    const bundle = await application({
      functions: { echo: guest({ imports: env('return_result', 3, 0), pages: 20, run: ECHO }) },
    });
    await using h = await House.create<Clock>(bundle, {}, realClock);
    await h.addSat('one', { sandbox });
    const body = Array.from({ length: 100_000 }, (_, i) => String(i)).join();
    const replies = await Promise.all([1, 2, 3].map(() => h.fetch('/echo', { method: 'POST', body })));
    for (const { text } of replies) assert.equal(text === body, true);
  });
});

suite('over TCP and a secure channel', () => {
  const API = localAddress('api');

  /** A project of an authority, a gateway and as many Sats as are asked for, each a node of its own. */
  class Project {
    readonly clock = realClock;
    readonly events: GatewayEvent[] = [];
    authority!: NetworkNode;
    gatewayNode!: NetworkNode;
    gateway!: Gateway;
    #port = 0;
    #close: (() => unknown)[] = [];
    #onEvent: (() => void) | undefined;

    static async create(): Promise<Project> {
      const project = new Project();
      const { clock } = project;
      project.authority = await createNetworkNode(clock);
      const { authority } = project;
      const gatewayNode = (project.gatewayNode = await createNetworkNode(clock));
      await gatewayNode.identities.receive(authority.identity.history);
      const gateway = new Gateway({ name: 'main', clock, onEvent: (event) => project.#note(event) });
      project.gateway = gateway;
      const tcp = new TcpTransport(gatewayNode.router);
      const tcpListener = await tcp.listen('127.0.0.1:0');
      project.#port = Number(/:(\d+)$/.exec(tcpListener.at)?.[1]);
      const listener = listenForChannels(gatewayNode.channels, {
        address: API,
        identity: gatewayNode.identity.identifier,
        trust: trustEveryone,
        authority: authority.identity.identifier,
        credential: await project.credential(gatewayNode, { 'perigee-gateway': 'main' }),
      });
      gatewayNode.router.flows.addConsumer(API, tcpListener.flowControlId);
      const acceptor = acceptLinks({
        router: gatewayNode.router,
        listener,
        attributes: gatewayNode.attributes,
        authority: authority.identity.identifier,
        clock,
        onLink: (link) => gateway.acceptLink(link),
      });
      project.#close.push(
        () => gateway.close(1000),
        acceptor.close,
        () => tcp.stop(),
        () => gatewayNode.router.stop(),
      );
      return project;
    }

    #note(event: GatewayEvent): void {
      this.events.push(event);
      this.#onEvent?.();
    }

    async credential(node: NetworkNode, attributes: Record<string, string>): Promise<CredentialSource> {
      const { identities, channels, identity } = this.authority;
      await identities.receive(node.identity.history);
      const issuer = { issuer: identity.identifier, identities, purposeKeys: channels.purposeKeys };
      const issued = await issueCredential(
        { subject: node.identity.identifier, attributes: attributesOf(attributes) },
        issuer,
      );
      return { current: () => Promise.resolve(issued), onChange: () => () => undefined };
    }

    async addSat(attributes: Record<string, string>): Promise<{ sat: Sat; identifier: string; events: SatEvent[] }> {
      const node = await createNetworkNode(this.clock);
      const authority = this.authority.identity.identifier;
      await node.identities.receive(this.authority.identity.history);
      const credential = await this.credential(node, attributes);
      const tcp = new TcpTransport(node.router);
      const events: SatEvent[] = [];
      const sat = new Sat({
        clock: this.clock,
        random: node.router.random,
        gateway: 'main',
        sandbox,
        modules: new MemoryModuleCache(),
        onEvent: (event) => events.push(event),
        dial: async (signal) => {
          const connection = await tcp.connect(`127.0.0.1:${this.#port}`);
          return dialLink({
            context: node.channels,
            attributes: node.attributes,
            authority,
            clock: this.clock,
            channel: {
              identity: node.identity.identifier,
              trust: trustEveryone,
              authority,
              credential,
              route: [connection.sender, API],
              signal,
            },
          });
        },
      });
      this.#close.unshift(
        () => sat.close(0),
        () => tcp.stop(),
        () => node.router.stop(),
      );
      return { sat, identifier: node.identity.identifier, events };
    }

    /** Resolves when `condition` holds, which is looked at after each event of the gateway. */
    async until(condition: () => boolean): Promise<void> {
      while (!condition()) await new Promise<void>((resolve) => (this.#onEvent = resolve));
    }

    async [Symbol.asyncDispose](): Promise<void> {
      for (const close of this.#close) await close();
    }
  }

  test('a Sat that dials in answers; one that is no Sat of this gateway is refused', { timeout: 30_000 }, async () => {
    await using project = await Project.create();
    await project.gateway.deploy(await application({ functions: { echo: echo() } }));
    const { host, port } = await project.gateway.listen(0);
    const one = await project.addSat({ 'perigee-sat': 'main' });
    await project.until(() => project.gateway.status.sats[0]?.functions.length === 1);
    const replies = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const response = await fetch(`http://${host}:${port}/echo`, { method: 'POST', body: `call ${i}` });
        assert.equal(response.headers.get('x-perigee-sat'), one.identifier);
        return response.text();
      }),
    );
    assert.deepEqual(
      replies,
      Array.from({ length: 50 }, (_, i) => `call ${i}`),
    );
    const stranger = await project.addSat({ 'perigee-sat': 'another' });
    await project.until(() => project.events.some(({ kind }) => kind === 'sat-refused'));
    const refused = project.events.find((event) => event.kind === 'sat-refused');
    assert.deepEqual(refused?.kind === 'sat-refused' && [refused.peer, refused.check], [
      stranger.identifier,
      'attribute',
    ]);
    await one.sat.close();
    await project.until(() => project.gateway.status.sats.length === 0);
    assert.equal((await fetch(`http://${host}:${port}/echo`)).status, 503);
  });
});
