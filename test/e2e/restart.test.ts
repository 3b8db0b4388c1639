/** A node that has one of everything, stopped or killed and started again: it is the same, and so is what goes through it (`commands.md` §7.3). */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type EchoService, echoes, startEchoService, through } from './echo.ts';
import { createPlace, until } from './world.ts';

interface Shown {
  readonly pid?: number;
  readonly status: string;
  readonly identity_name: string;
  readonly is_default: boolean;
  readonly route: unknown;
  readonly http_server_address: string;
  readonly transports: readonly { readonly mode: string; readonly socket_addr: string }[];
  readonly secure_channel_listeners: readonly { readonly address: unknown }[];
  readonly inlets: readonly Readonly<Record<string, unknown>>[];
  readonly outlets: readonly unknown[];
  readonly services: readonly { readonly type: string }[];
}

suite('a node with everything', { timeout: 240_000 }, () => {
  const place = createPlace();
  let echo: EchoService;
  /** At the node itself, to the peer; and at the peer, to the node through its relay. */
  let [inlet, inletOfPeer] = ['', ''];
  /** What it has before anything happens to it. */
  let had: unknown;

  const show = (): Promise<Shown> => place.json<Shown>('node', 'show', 'all');

  /** What it has, without what is another one at each start: the process, flow controls, the first hop of routes. */
  const facts = async (): Promise<unknown> => {
    const shown = await show();
    const relays = await place.json<Readonly<Record<string, unknown>>[]>('relay', 'list', '--to', 'all');
    const inlets = await place.json<Readonly<Record<string, unknown>>[]>('tcp-inlet', 'list', '--at', 'all');
    const inletFacts = (one: Readonly<Record<string, unknown>>): unknown =>
      ['alias', 'bind_addr', 'outlet_addr', 'status'].map((key) => one[key]);
    assert.deepEqual(shown.inlets.map(inletFacts), inlets.map(inletFacts), 'both lists say the same');
    const listener = await place.ok('secure-channel-listener', 'list', '--at', 'all');
    return {
      identity: shown.identity_name,
      isDefault: shown.is_default,
      route: shown.route,
      status: shown.status,
      http: shown.http_server_address,
      listensAt: shown.transports.filter(({ mode }) => mode === 'Listen').map((one) => one.socket_addr),
      acceptsChannelsAt: shown.secure_channel_listeners.map(({ address }) => address),
      acceptsChannelsAtInWords: listener.match(/\/service\/\w+/g),
      inlets: inlets.map(inletFacts),
      outlets: [shown.outlets, await place.json('tcp-outlet', 'list', '--at', 'all')],
      relays: relays.map((one) =>
        ['name', 'connection_status', 'destination_address', 'remote_address'].map((key) => one[key]),
      ),
      policies: await place.json('policy', 'list', '--at', 'all'),
      credentials: await place.json('credential', 'list', '--at', 'all'),
      services: shown.services.filter(({ type }) => type !== 'hop'),
    };
  };

  const traffic = async (): Promise<void> => {
    await echoes(inlet);
    await echoes(inletOfPeer);
    const much = 'all work and no play '.repeat(10_000);
    const [there, back] = await Promise.all([through(inlet, much), through(inletOfPeer, much)]);
    assert.ok(there === much && back === much, `${there.length} and ${back.length} of ${much.length} bytes`);
    const { http_server_address: http, transports } = await show();
    assert.equal((await fetch(`http://${http}/show`)).status, 200);
    const listeners = transports.filter(({ mode }) => mode === 'Listen');
    assert.equal(listeners.length, 2);
    for (const { socket_addr: at } of listeners) {
      const to = `/ip4/127.0.0.1/tcp/${at.slice(at.lastIndexOf(':') + 1)}/secure/door/service/uppercase`;
      assert.equal(await place.ok('message', 'send', 'in by the door', '--to', to), 'IN BY THE DOOR');
    }
  };

  before(async () => {
    echo = await startEchoService();
    await place.ok('project', 'create', 'default', 'house');
    await place.ok('node', 'create', 'all', '--http-server');
    await place.ok('node', 'create', 'peer');
    const me = await place.ok('identity', 'show');
    const at = ['--at', 'all'];
    const credential = await place.ok('credential', 'issue', '--for', me, '-a', 'city=Lima', '--encoding', 'hex');
    await place.ok('credential', 'store', ...at, '--issuer', me, '--scope', 'test', '--credential', credential);
    await place.ok(
      'policy',
      'create',
      ...at,
      '--resource-type',
      'tcp-outlet',
      '--allow',
      '(= subject.has_credential true)',
    );
    await place.ok('tcp-outlet', 'create', ...at, '--to', String(echo.port));
    await place.ok('tcp-outlet', 'create', '--at', 'peer', '--to', String(echo.port), '--from', 'far');
    await place.ok('relay', 'create', 'all', '--to', 'all');
    await place.ok('secure-channel-listener', 'create', 'door', ...at);
    await place.ok('tcp-listener', 'create', '127.0.0.1:0', ...at);
    inlet = await place.ok('tcp-inlet', 'create', ...at, '--to', '/node/peer/secure/api/service/far', '--alias', 'out');
    inletOfPeer = await place.ok('tcp-inlet', 'create', '--at', 'peer', '--via', 'all', '--alias', 'in');
    had = await facts();
  });
  after(async () => {
    await place.close();
    echo.close();
  });

  /** What lasts as long as the process. */
  const openPassing = async (): Promise<void> => {
    const channel = await place.ok('secure-channel', 'create', '--from', 'all', '--to', '/node/peer/service/api');
    assert.equal(await place.ok('message', 'send', 'x', '--from', 'all', '--to', `${channel}/service/uppercase`), 'X');
    const [peer] = (await place.json<Shown>('node', 'show', 'peer')).transports;
    await place.ok('tcp-connection', 'create', '--from', 'all', '--to', peer?.socket_addr ?? '');
    await place.ok('service', 'start', 'hop', '--at', 'all');
  };

  test('works', traffic);

  /** The peer hears of it at once, by the relay: without, it would take two pings without an answer, 20 s at least. */
  const peerIsTold = (): Promise<true> =>
    until(
      async () => {
        const { status } = await place.json<{ status: string }>('tcp-inlet', 'show', 'in', '--at', 'peer');
        return status === 'Down' || undefined;
      },
      'the peer knows that the node has ended',
      10_000,
    );

  for (const [how, end] of [
    [
      'stopped',
      async () => {
        await place.ok('node', 'stop', 'all');
        await peerIsTold();
      },
    ],
    ['killed', async () => process.kill((await show()).pid ?? 0, 'SIGKILL')],
  ] as const) {
    test(`has all of it again after it was ${how}, but for what lasts as long as its process`, async () => {
      await openPassing();
      assert.deepEqual(await facts(), had);
      await end();
      await until(async () => ((await show()).status === 'running' ? undefined : true), 'the end of the node');
      const gone = await show();
      assert.deepEqual(
        [gone.inlets, gone.outlets, gone.transports],
        [[], [], []],
        'a node that does not run has nothing',
      );
      assert.equal(await through(inlet, 'hello'), '');
      await place.ok('node', 'start', 'all');
      await traffic();
      // The relay is registered again when traffic comes by it, so nothing has to be waited for.
      assert.deepEqual(await facts(), had);
      assert.match(await place.ok('secure-channel', 'list', '--at', 'all'), /No secure channels/);
      assert.ok(!(await show()).services.some(({ type }) => type === 'hop'));
    });
  }
});
