import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fromUtf8, utf8 } from '../../kernel/index.ts';
import { decodeCredentialAndPurposeKey, trustEveryone } from '../../trust/credential/index.ts';
import { type CredentialSource, noCredential, openChannel, type SecureChannel } from '../../network/channel/index.ts';
import { type RegisteredRelay, registerRelay } from '../../network/relay/index.ts';
import { allowAll, localAddress, request, startEcho } from '../../network/routing/index.ts';
import { type RelayWatch, watchRelay } from './relay-watch.ts';
import { createProject, type Person, type ProjectWorld } from '../testdata/project-world.ts';

/** A member with these attributes and the credential that it presents. */
async function member(
  world: ProjectWorld,
  attributes: Record<string, string>,
): Promise<Person & { source: CredentialSource }> {
  const person = await world.person();
  await world.enroll(person, await world.ticket(attributes));
  const [stored] = await person.credentials.list();
  assert.ok(stored);
  const credential = decodeCredentialAndPurposeKey(stored.credential);
  return { ...person, source: { current: () => Promise.resolve(credential), onChange: () => () => undefined } };
}

async function dial(world: ProjectWorld, person: Person, credential: CredentialSource): Promise<SecureChannel> {
  const connection = await person.transport.connect('project.test:4000');
  const channel = await world.eventually(
    openChannel(person.channels, {
      identity: person.id,
      trust: trustEveryone,
      route: [connection.sender, localAddress('api')],
      credential,
    }),
  );
  await world.clock.advance(1);
  return channel;
}

function register(world: ProjectWorld, person: Person, channel: SecureChannel, name: string): Promise<RegisteredRelay> {
  return world.eventually(registerRelay(person.router, { route: [channel.encryptor], name, timeoutMs: 100 }));
}

suite('a project node', () => {
  test('lets a member reach another by its relay', async () => {
    const world = await createProject();
    const [device, other] = [await member(world, { 'ockam-relay': 'device' }), await member(world, {})];
    const deviceChannel = await dial(world, device, device.source);
    await register(world, device, deviceChannel, 'device');
    assert.deepEqual(world.node.relays(), ['device']);
    startEcho(device.router, { incoming: allowAll });
    device.router.flows.addConsumer(localAddress('echo'), deviceChannel.flowControlId);
    const channel = await dial(world, other, other.source);
    const onward = [channel.encryptor, localAddress('forward_to_device'), localAddress('echo')];
    const answer = await world.eventually(request(other.router, { onward, payload: utf8('hello') }));
    assert.equal(fromUtf8(answer.payload), 'hello');
  });

  test('gives a relay only to whose credential names it, or names any', async () => {
    const world = await createProject();
    const device = await member(world, { 'ockam-relay': 'device' });
    const any = await member(world, { 'ockam-relay': '*' });
    const none = await member(world, { 'ockam-role': 'enroller' });
    const [deviceChannel, anyChannel, noneChannel] = [
      await dial(world, device, device.source),
      await dial(world, any, any.source),
      await dial(world, none, none.source),
    ];
    await register(world, device, deviceChannel, 'device');
    await register(world, any, anyChannel, 'whatever');
    for (const [person, channel, name] of [
      [device, deviceChannel, 'other'],
      [device, deviceChannel, '*'],
      [none, noneChannel, 'device'],
    ] as const) {
      await assert.rejects(register(world, person, channel, name), { code: 'RELAY_NOT_CONFIRMED' });
    }
    assert.deepEqual(world.node.relays(), ['device', 'whatever']);
    const refusals = world.nodeEvents.filter((event) => event.kind === 'relay' && event.event.kind === 'refused');
    assert.equal(refusals.length, 3);
    assert.match(JSON.stringify(refusals.at(-1)), /the credential has no ockam-relay/);
  });

  test('forgets a relay when the channel of its client is over', async () => {
    const world = await createProject();
    const device = await member(world, { 'ockam-relay': 'device' });
    const channel = await dial(world, device, device.source);
    await register(world, device, channel, 'device');
    channel.close();
    await world.clock.advance(1);
    const last = world.nodeEvents.at(-1);
    assert.deepEqual(last, { kind: 'relay', event: { kind: 'removed', name: 'device' } });
  });

  test('tells who watches a relay when it loses its client, or another one gets its name, and nobody else', async () => {
    const world = await createProject();
    const device = await member(world, { 'ockam-relay': 'device' });
    const other = await member(world, {});
    const channel = await dial(world, other, other.source);
    const told: string[] = [];
    const watch = (name: string, peer: string = world.node.identifier): RelayWatch => {
      const watched = watchRelay(other.router, { route: [channel.encryptor], peer, name });
      void watched.gone.then(() => told.push(name));
      return watched;
    };
    const first = await dial(world, device, device.source);
    await register(world, device, first, 'device');
    watch('device');
    watch('elsewhere');
    watch('device', other.id);
    watch('device').stop();
    await world.clock.advance(100);
    assert.deepEqual(told, [], 'as long as it stands');
    first.close();
    await world.clock.advance(100);
    assert.deepEqual(told, ['device'], 'once, only of this relay, and only by the project');

    watch('device');
    const second = await dial(world, device, device.source);
    await register(world, device, second, 'device');
    await world.clock.advance(100);
    assert.deepEqual(told, ['device'], 'a question may come before its relay');
    await register(world, device, await dial(world, device, device.source), 'device');
    await world.clock.advance(100);
    assert.deepEqual(told, ['device', 'device'], 'the old client is not behind it any more');
  });

  test('lets nobody in without a credential of the project', async () => {
    const world = await createProject();
    const other = await createProject();
    const stranger = await world.person();
    const foreign = await member(other, { 'ockam-relay': '*' });
    const foreignHere = { ...(await world.person()), source: foreign.source };
    for (const [person, source] of [
      [stranger, noCredential],
      [foreignHere, foreignHere.source],
    ] as const) {
      const channel = await dial(world, person, source);
      await channel.closed;
      assert.deepEqual(world.nodeEvents.at(-1), { kind: 'stranger', peer: person.id });
    }
  });

  test('lets everybody in when told so, but gives them no relay', async () => {
    const world = await createProject({ node: { access: 'everyone' } });
    const stranger = await world.person();
    const channel = await dial(world, stranger, noCredential);
    const pinged = request(stranger.router, { onward: [channel.encryptor, localAddress('echo')], payload: utf8('x') });
    await world.eventually(pinged);
    await assert.rejects(register(world, stranger, channel, 'mine'), { code: 'RELAY_NOT_CONFIRMED' });
  });

  test('closes a channel when its credential has expired, unless a newer one came', async () => {
    const world = await createProject({ authority: { credentialTtlSeconds: 300 } });
    const [device, renewing] = [await member(world, {}), await member(world, {})];
    const channel = await dial(world, device, device.source);
    let push: Parameters<CredentialSource['onChange']>[0] = () => undefined;
    const source: CredentialSource = {
      current: renewing.source.current,
      onChange: (listener) => {
        push = listener;
        return () => undefined;
      },
    };
    const renewed = await dial(world, renewing, source);
    await world.clock.advance(200_000);
    const session = await world.session(renewing);
    push(await world.eventually(session.requestCredential()));
    await world.clock.advance(90_000);
    assert.equal(world.nodeEvents.length, 0);
    await world.clock.advance(20_000);
    assert.deepEqual(world.nodeEvents, [{ kind: 'stranger', peer: device.id }]);
    await channel.closed;
    const pinged = request(renewing.router, { onward: [renewed.encryptor, localAddress('echo')], payload: utf8('x') });
    await world.eventually(pinged);
    await world.clock.advance(200_000);
    assert.deepEqual(world.nodeEvents.at(-1), { kind: 'stranger', peer: renewing.id });
  });

  test('is reached through a channel only', async () => {
    const world = await createProject();
    const device = await world.person();
    const connection = await device.transport.connect('project.test:4000');
    for (const name of ['static_forwarding_service', 'forwarding_service', 'echo']) {
      const sent = request(device.router, { onward: [connection.sender, localAddress(name)], timeoutMs: 50 });
      await assert.rejects(world.eventually(sent), { code: 'ROUTING_REQUEST_TIMED_OUT' });
    }
  });

  test('leaves nothing behind when it is closed', async () => {
    const world = await createProject();
    const device = await member(world, { 'ockam-relay': '*' });
    const channel = await dial(world, device, device.source);
    await register(world, device, channel, 'device');
    await world.node.close();
    await channel.closed;
    assert.equal(world.projectNode.transport.connections.length, 0);
    await world.clock.advance(1);
    assert.equal(world.projectNode.router.size, 0);
  });
});
