import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { encodeBareData, encodeBareString } from '../../src/kernel/bare/index.ts';
import { CodedError, concat } from '../../src/kernel/index.ts';
import { encodeRequest, METHODS } from '../../src/network/api/index.ts';
import { openChannel } from '../../src/network/channel/index.ts';
import {
  allowAll,
  createAddress,
  localAddress,
  localMessage,
  type Route,
  type Worker,
} from '../../src/network/routing/index.ts';
import { createProject, type Person, type ProjectWorld } from '../../src/project/testdata/project-world.ts';
import { trustEveryone } from '../../src/trust/credential/index.ts';

/** Every worker that a project has, and some that it has not. */
const PLACES = [
  'api',
  'echo',
  'direct_authenticator',
  'enrollment_token_issuer',
  'enrollment_token_acceptor',
  'credential_issuer',
  'perigee_revocations',
  'forwarding_service',
  'static_forwarding_service',
  'relay_watch',
  'forward_to_mallory',
  'okta',
  'nobody',
];
const PATHS = ['/', '/members', '/credential', '/tokens', '/member_ids', `/I${'0'.repeat(64)}`, '//', ''];

/** Chance that is the same in each run. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What a peer may come up with: half of it well formed, and any way on and back. */
function inventor(below: (bound: number) => number) {
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256));
  const one = <T>(choices: readonly T[]): T => choices[below(choices.length)] as T;
  const payload = (): Uint8Array => {
    switch (below(5)) {
      case 0:
        return encodeBareString(one(['mallory', 'register', 'a b', '']));
      case 1:
        return encodeBareData(bytes(below(40)));
      case 2:
        return bytes(one([0, 1, 32, 200]));
      default: {
        const body = one([undefined, bytes(below(60)), concat(Uint8Array.of(0xa1, 1, 0x58, 32), bytes(32))]);
        return encodeRequest({ id: 1 + below(100), path: one(PATHS), method: one(METHODS), body });
      }
    }
  };
  const damaged = (whole: Uint8Array): Uint8Array => {
    const part = whole.slice(0, below(4) === 0 ? below(whole.length + 1) : whole.length);
    for (let flips = below(3); flips > 0 && part.length > 0; flips--) part[below(part.length)] = below(256);
    return part;
  };
  return {
    payload: () => (below(2) === 0 ? payload() : damaged(payload())),
    route: (): Route =>
      Array.from({ length: below(10) === 0 ? below(70) : below(4) }, () =>
        below(3) === 0 ? createAddress(below(6), bytes(below(40))) : localAddress(one(PLACES)),
      ),
    place: () => localAddress(one(PLACES)),
  };
}

/** A worker of `person` with a plain connection and a channel to the process at `place`. */
async function intrude(world: ProjectWorld, person: Person, place: string) {
  const connection = await person.transport.connect(place);
  const channel = await world.eventually(
    openChannel(person.channels, {
      identity: person.id,
      trust: trustEveryone,
      route: [connection.sender, localAddress('api')],
    }),
  );
  const address = localAddress(`mallory at ${place}`);
  const worker: Worker = person.router.register({
    mailbox: { address, incoming: allowAll, outgoing: allowAll },
    handle: () => undefined,
  });
  for (const { flowControlId } of [connection, channel]) person.router.flows.addConsumer(address, flowControlId);
  const leave = (): void => {
    worker.stop();
    channel.close();
    void connection.close();
  };
  return { ways: [connection.sender, channel.encryptor], address, worker, leave };
}

suite('a project outlives a peer that sends anything anywhere', () => {
  for (const who of ['stranger', 'member'] as const) {
    test(`a ${who}`, async () => {
      const world = await createProject({ node: { access: 'everyone' } });
      const mallory = await world.person();
      if (who === 'member') await world.enroll(mallory, await world.ticket({ 'ockam-relay': '*' }));
      const nodes = [world.authorityNode, world.projectNode];
      await world.clock.advance(60_000);
      const before = nodes.map(({ router }) => router.size);
      const below = chance(who.length);
      const invent = inventor(below);
      for (let round = 0; round < 8; round++) {
        for (const place of ['authority.test:4000', 'project.test:4000']) {
          const { ways, address, worker, leave } = await intrude(world, mallory, place);
          for (let i = 0; i < 200; i++) {
            const onward = [ways[below(3) === 0 ? 0 : 1] ?? address, invent.place(), ...invent.route()];
            const back = below(2) === 0 ? [address] : invent.route();
            void worker.mailbox.send(localMessage(onward, back, invent.payload()));
            if (i % 40 === 0) await world.clock.advance(1);
          }
          await world.clock.advance(20);
          leave();
        }
      }
      // Half-open handshakes and requests that are held have ended by then.
      await world.clock.advance(200_000);
      assert.deepEqual(
        nodes.map(({ router }) => router.size),
        before,
        'nothing is left of it',
      );
      for (const { errors } of nodes) {
        assert.deepEqual(
          errors.filter((error) => !(error instanceof CodedError)),
          [],
        );
      }
      assert.deepEqual(
        world.authorityEvents.filter(({ kind }) => kind === 'failed'),
        [],
      );
      const enroller = await world.session(world.enroller);
      const members = await world.eventually(enroller.listMemberIds());
      assert.equal(members.length, who === 'member' ? 2 : 1);
      assert.ok(
        nodes.every(({ refusals, events }) => refusals.length > 0 && events.length > 0),
        'it did reach them',
      );
    });
  }
});
