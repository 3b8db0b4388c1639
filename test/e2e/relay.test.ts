/** A portal through the relay of a project, between two members in homes of their own; `relay.md`, `commands.md` §8.5. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type EchoService, echoes, startEchoService, through } from './echo.ts';
import { createPlace, type Place, until } from './world.ts';

interface Relay {
  readonly name: string;
  readonly connection_status: 'Up' | 'Down';
  readonly destination_address: string;
  readonly last_failure: string | null;
  readonly remote_address: string | null;
}
interface Inlet {
  readonly bind_addr: string;
  readonly outlet_addr: string;
  readonly payload: string | null;
  readonly status: 'Up' | 'Down';
}

suite('a relay of a project', { timeout: 240_000 }, () => {
  const cloud = createPlace();
  const databaseHost = createPlace();
  const applicationHost = createPlace();
  let echo: EchoService;
  let port = 0;
  let bound = '';

  const relays = (): Promise<Relay[]> => databaseHost.json<Relay[]>('relay', 'list');
  const enroll = async (place: Place, ...ticket: string[]): Promise<void> => {
    await place.ok('project', 'enroll', await cloud.ok('project', 'ticket', ...ticket));
  };

  before(async () => {
    echo = await startEchoService();
    port = echo.port;
    await cloud.ok('project', 'create', 'default', 'house');
    await enroll(databaseHost, '--relay', 'postgres');
    await enroll(applicationHost);
  });
  after(async () => {
    await applicationHost.close();
    await databaseHost.close();
    await cloud.close();
    echo.close();
  });

  test('makes an outlet reachable with one command a piece', async () => {
    assert.equal(await databaseHost.ok('tcp-outlet', 'create', '--to', String(port)), '/service/outlet');
    assert.equal(await databaseHost.ok('relay', 'create', 'postgres'), '/service/forward_to_postgres');
    const inlet = await applicationHost.json<Inlet>(
      'tcp-inlet',
      'create',
      '--via',
      'postgres',
      '--alias',
      'db',
      '--output',
      'json',
    );
    assert.deepEqual(
      [inlet.status, inlet.outlet_addr],
      ['Up', '/project/house/service/forward_to_postgres/secure/api/service/outlet'],
    );
    bound = inlet.bind_addr;
    assert.equal(await through(bound, 'hello'), 'hello');
  });

  test('is listed and shown; another outlet behind it is reached by its name', async () => {
    const [relay, ...more] = await relays();
    assert.deepEqual(more, []);
    assert.deepEqual(
      [relay?.name, relay?.connection_status, relay?.destination_address, relay?.remote_address, relay?.last_failure],
      ['postgres', 'Up', '/project/house', 'forward_to_postgres', null],
    );
    const shown = await databaseHost.json<{ remote_address: string }>('relay', 'show', 'postgres', '--output', 'json');
    assert.equal(shown.remote_address, '/service/forward_to_postgres');
    await databaseHost.ok('tcp-outlet', 'create', '--to', String(port), '--from', 'second');
    const at = await applicationHost.ok(
      'tcp-inlet',
      'create',
      '--to',
      'second',
      '--via',
      'postgres',
      '--alias',
      'second',
    );
    assert.equal(await through(at, 'hello'), 'hello');
  });

  test('lets in by the outlet only through a secure channel', async () => {
    // The same route without `/secure/api`: it would lead through the relay straight to the outlet.
    const route = '/project/house/service/forward_to_postgres/service/outlet';
    const before = echo.accepted();
    const bare = await applicationHost.json<Inlet>(
      'tcp-inlet',
      'create',
      '--to',
      route,
      '--alias',
      'bare',
      '--connection-wait',
      '1s',
      '--output',
      'json',
    );
    // What goes through afterwards shows that the messages before it have arrived too.
    const nothing = through(bare.bind_addr, 'hello');
    await echoes(bound);
    await applicationHost.ok('tcp-inlet', 'delete', 'bare', '--yes');
    assert.equal(await nothing, '');
    assert.equal(echo.accepted(), before + 1, 'the service saw one connection, the one through the channel');
  });

  test('of a name that the credential does not give stays down and says so', async () => {
    const refused = await databaseHost.run(['relay', 'create', 'other', '--connection-wait', '1s', '--output', 'json']);
    assert.equal(refused.code, 0, refused.stderr);
    const relay = JSON.parse(refused.stdout) as Relay;
    assert.deepEqual([relay.connection_status, relay.remote_address], ['Down', null]);
    assert.notEqual(relay.last_failure, null);
    await databaseHost.ok('relay', 'delete', 'other', '--yes');
    assert.deepEqual(
      (await relays()).map(({ name }) => name),
      ['postgres'],
    );
  });

  test('refuses what makes no sense and stays as it is', async () => {
    const cases: readonly (readonly [line: readonly string[], expected: RegExp, code?: number])[] = [
      [['relay', 'create', 'postgres', '--relay-address', 'x'], /A relay with the name 'postgres' already exists/],
      [['relay', 'create', 'a/b'], /A name is not empty/, 64],
      [
        ['relay', 'create', 'x', '--authorized', `I${'ab'.repeat(32)}`],
        /--authorized can not be used with project addresses/,
      ],
      [['relay', 'create', 'x', '--at', 'nowhere'], /nowhere/],
      [['relay', 'create', 'x', '--to', 'nowhere'], /nowhere/],
      [['relay', 'delete', 'nowhere', '--yes'], /nowhere/],
      [['relay', 'show', 'nowhere'], /The relay nowhere was not found/],
    ];
    for (const [line, expected, code = 70] of cases) {
      const ended = await databaseHost.run(line);
      assert.equal(ended.code, code, `${line.join(' ')}: ${ended.stdout}${ended.stderr}`);
      assert.match(ended.stderr, expected, line.join(' '));
    }
    assert.deepEqual(
      (await relays()).map(({ name, connection_status: status }) => [name, status]),
      [['postgres', 'Up']],
    );
  });

  test('comes back by itself, whoever of the three was stopped or killed', async () => {
    const node = async (place: Place): Promise<{ name: string; pid: number }> => {
      const [one] = await place.json<{ node_name: string; pid: number }[]>('node', 'list');
      return { name: one?.node_name ?? '', pid: one?.pid ?? 0 };
    };
    for (const place of [databaseHost, applicationHost]) {
      const { name, pid } = await node(place);
      await place.ok('node', 'stop', name);
      await place.ok('node', 'start', name);
      await echoes(bound);
      const again = await node(place);
      assert.notEqual(again.pid, pid);
      process.kill(again.pid, 'SIGKILL');
      await until(async () => ((await node(place)).pid === 0 ? true : undefined), 'the node is gone');
      await place.ok('node', 'start', name);
      await echoes(bound);
    }
    await cloud.ok('project', 'stop');
    await cloud.ok('project', 'start');
    await echoes(bound);
    assert.equal(await databaseHost.ok('relay', 'create', 'postgres'), '/service/forward_to_postgres');
    assert.equal(
      await applicationHost.ok('tcp-inlet', 'create', '--via', 'postgres', '--alias', 'db', '--from', bound),
      bound,
    );
  });

  const nodeBehind = async (): Promise<{ name: string; pid: number }> => {
    const [one] = await databaseHost.json<{ node_name: string; pid: number }[]>('node', 'list');
    return { name: one?.node_name ?? '', pid: one?.pid ?? 0 };
  };

  test('to a node that is away is tried again soon, so that the node is found soon after it is back', async () => {
    const { name } = await nodeBehind();
    await databaseHost.ok('node', 'stop', name);
    const reason = await until(
      async () => {
        const [inlet] = await applicationHost.json<Inlet[]>('tcp-inlet', 'list');
        return /no answer within \d+ ms.*/.exec(inlet?.payload ?? '')?.[0];
      },
      'an attempt in vain',
      20_000,
    );
    assert.match(reason, /^no answer within 5000 ms; nothing answers behind the relay postgres in the project house/);
    await databaseHost.ok('node', 'start', name);
    await echoes(bound);
  });

  test('to a node that was killed leads to the one that is started in its place, long before pings are missed', async () => {
    const { name, pid } = await nodeBehind();
    process.kill(pid, 'SIGKILL');
    await until(async () => ((await nodeBehind()).pid === 0 ? true : undefined), 'the node is gone');
    const startMs = performance.now();
    await databaseHost.ok('node', 'start', name);
    await echoes(bound);
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs < 20_000, `${Math.round(tookMs)} ms; three pings take 30 s`);
  });

  test('deleted, leads nowhere any more', async () => {
    await databaseHost.ok('relay', 'delete', 'postgres', '--yes');
    assert.deepEqual(await relays(), []);
    const before = echo.accepted();
    const inlet = await applicationHost.json<Inlet>(
      'tcp-inlet',
      'create',
      '--via',
      'postgres',
      '--alias',
      'late',
      '--connection-wait',
      '1s',
      '--output',
      'json',
    );
    assert.equal(inlet.status, 'Down');
    assert.match(inlet.payload ?? '', /nothing answers behind the relay postgres in the project house/);
    assert.equal(echo.accepted(), before);
  });

  test('that was not named and is not there, is named by the warning, with what to do', async () => {
    const line = ['tcp-inlet', 'create', '--alias', 'unnamed', '--connection-wait', '1s'];
    // With -v everything that a person would read is in the log.
    const { code, stdout, stderr } = await applicationHost.run([...line, '-v']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /A TCP Inlet was created .* but failed to connect to/);
    const missing = /nothing answers behind the relay default in the project house: .*, or name another one with --via/;
    assert.match(stdout, missing);
    const shown = await applicationHost.json<Inlet>('tcp-inlet', 'show', 'unnamed');
    assert.match(shown.payload ?? '', missing);
    await cloud.ok('project', 'stop');
    const away = await applicationHost.json<Inlet>(...line.with(3, 'away'), '--output', 'json');
    assert.match(away.payload ?? '', /the project house does not answer; see that its node runs/);
  });
});
