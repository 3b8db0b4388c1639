import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { settle } from '../../../test/support/virtual-clock.ts';
import { hasCode } from '../../kernel/index.ts';
import { decodeCredentialAndPurposeKey, trustEveryone } from '../../trust/credential/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import {
  type CredentialSource,
  listenForChannels,
  noCredential,
  openChannel,
  type SecureChannel,
} from '../../network/channel/index.ts';
import { localAddress } from '../../network/routing/index.ts';
import { MemoryRevocationStore, REVOCATION_WAIT_MS, type Revocation } from '../authority/index.ts';
import { type AuthoritySession, openAuthoritySession, parseServiceRoute } from '../enrollment/index.ts';
import { createProject, type Person, type ProjectWorld } from '../testdata/project-world.ts';
import { type RevocationEvent, RevocationGuard, RevocationWatch } from './index.ts';

const AUTHORITY_ROUTE = parseServiceRoute('/dnsaddr/authority.test/tcp/4000/service/api', 'route');

interface Guarded extends Person {
  readonly guard: RevocationGuard;
  readonly store: MemoryRevocationStore;
  readonly cut: [Identifier, number][];
}

/** A member whose node has a guard and accepts channels at `at`. */
async function guarded(
  world: ProjectWorld,
  at: string,
  store = new MemoryRevocationStore(),
  person?: Person,
): Promise<Guarded> {
  const member = person ?? (await enrolled(world));
  const cut: [Identifier, number][] = [];
  const guard = new RevocationGuard({
    store,
    attributes: member.attributes,
    clock: world.clock,
    onRevoked: ({ subject }, channels) => cut.push([subject, channels]),
  });
  await guard.load(world.authorityNode.id);
  const channels = { ...member.channels, isRevoked: guard.isRevoked, onOpen: guard.onOpen };
  const address = localAddress(`api-${at}`);
  const listener = listenForChannels(channels, {
    address,
    identity: member.id,
    trust: trustEveryone,
    authority: world.authorityNode.id,
  });
  const entrance = await member.transport.listen(at, {});
  member.router.flows.addConsumer(listener.address, entrance.flowControlId);
  return { ...member, channels, guard, store, cut };
}

async function enrolled(world: ProjectWorld, attributes: Record<string, string> = {}): Promise<Person> {
  const person = await world.person();
  await world.enroll(person, await world.ticket(attributes));
  return person;
}

async function credentialOf(person: Person): Promise<CredentialSource> {
  const [stored] = await person.credentials.list();
  assert.ok(stored);
  const credential = decodeCredentialAndPurposeKey(stored.credential);
  return { current: () => Promise.resolve(credential), onChange: () => () => undefined };
}

async function dial(
  world: ProjectWorld,
  from: Person,
  at: string,
  credential: CredentialSource = noCredential,
): Promise<SecureChannel> {
  const connection = await from.transport.connect(at);
  const channel = await world.eventually(
    openChannel(from.channels, {
      identity: from.id,
      trust: trustEveryone,
      authority: world.authorityNode.id,
      route: [connection.sender, localAddress(`api-${at}`)],
      credential,
    }),
  );
  await world.clock.advance(1);
  return channel;
}

async function isOver(channel: SecureChannel): Promise<boolean> {
  let over = false;
  void channel.closed.then(() => (over = true));
  await settle();
  return over;
}

function watching(world: ProjectWorld, member: Guarded, open?: () => Promise<AuthoritySession>) {
  const events: RevocationEvent[] = [];
  const watch = new RevocationWatch({
    issuer: world.authorityNode.id,
    clock: world.clock,
    random: () => Uint8Array.of(255),
    open:
      open ??
      ((signal) =>
        openAuthoritySession({
          channels: member.channels,
          transport: member.transport,
          identity: member.id,
          authority: world.authorityNode.id,
          route: AUTHORITY_ROUTE,
          timeoutMs: REVOCATION_WAIT_MS + 5000,
          signal,
        })),
    onRevoked: (revocation) => member.guard.revoke(revocation),
    onEvent: (event) => events.push(event),
  });
  return { watch, events };
}

async function attributesAt(world: ProjectWorld, at: Person, peer: Person): Promise<unknown> {
  const nowSeconds = at.identities.nowSeconds();
  return (await at.attributes.get(peer.id, world.authorityNode.id, nowSeconds))?.attributes;
}

async function remove(world: ProjectWorld, member: Identifier): Promise<void> {
  const session = await world.session(world.enroller);
  await world.eventually(session.deleteMember(member));
  await world.eventually(session.close());
}

suite('revocation', () => {
  test('cuts the channels of a deleted member at who watches, and takes its credential no more', async () => {
    const world = await createProject();
    const bob = await guarded(world, 'bob.test:1');
    const [alice, carol] = [await enrolled(world, { room: 'lab' }), await enrolled(world)];
    const { watch, events } = watching(world, bob);
    await world.clock.advance(100);
    assert.deepEqual(events, [{ kind: 'watching' }]);
    const channel = await dial(world, alice, 'bob.test:1', await credentialOf(alice));
    const other = await dial(world, carol, 'bob.test:1', await credentialOf(carol));
    assert.ok(await attributesAt(world, bob, alice));
    await remove(world, alice.id);
    await world.clock.advance(100);
    assert.equal(await isOver(channel), true, 'alice sees the end');
    assert.equal(await isOver(other), false);
    assert.deepEqual(bob.cut, [[alice.id, 1]]);
    assert.equal(await attributesAt(world, bob, alice), undefined);
    assert.ok(await attributesAt(world, bob, carol));

    const again = await dial(world, alice, 'bob.test:1', await credentialOf(alice));
    assert.equal(await isOver(again), false, 'a channel as a stranger has');
    assert.equal(await attributesAt(world, bob, alice), undefined);
    const refused = bob.events.findLast((event) => event.kind === 'credential-refused');
    assert.equal(refused?.kind === 'credential-refused' && refused.code, 'CREDENTIAL_REVOKED');
    watch.close();
    await world.eventually(watch.ended);
  });

  test('ends nothing that is issued later, even in the same second', async () => {
    const world = await createProject();
    const bob = await guarded(world, 'bob.test:1');
    const alice = await enrolled(world);
    const { watch } = watching(world, bob);
    await world.clock.advance(100);
    await remove(world, alice.id);
    const session = await world.session(world.enroller);
    await world.eventually(session.addMember({ identifier: alice.id, attributes: new Map([['room', 'new']]) }));
    const own = await world.session(alice);
    const encoded = await world.eventually(own.requestCredential());
    const credential = { current: () => Promise.resolve(encoded), onChange: () => () => undefined };
    const channel = await dial(world, alice, 'bob.test:1', credential);
    assert.ok(await attributesAt(world, bob, alice));
    await world.clock.advance(20_000);
    assert.equal(await isOver(channel), false);
    watch.close();
  });

  test('is remembered over restarts of who was told, without the authority', async () => {
    const world = await createProject();
    const bob = await guarded(world, 'bob.test:1');
    const alice = await enrolled(world);
    await dial(world, alice, 'bob.test:1', await credentialOf(alice));
    const { watch } = watching(world, bob);
    await world.clock.advance(100);
    await remove(world, alice.id);
    await world.clock.advance(100);
    watch.close();
    await world.authority.close();
    // As after a crash between the two: the attributes are there again.
    await bob.attributes.put({
      subject: alice.id,
      issuer: world.authorityNode.id,
      attributes: { schema: 1n, entries: [] },
      addedAtSeconds: 0,
      expiresAtSeconds: undefined,
    });
    const restarted = await guarded(world, 'bob.test:2', bob.store, bob);
    assert.equal(await attributesAt(world, restarted, alice), undefined);
    await dial(world, alice, 'bob.test:2', await credentialOf(alice));
    assert.equal(await attributesAt(world, restarted, alice), undefined);
  });

  test('that a store could not take is done to its end when it is told again; who is there goes at once', async () => {
    const world = await createProject();
    const bob = await guarded(world, 'bob.test:1');
    const alice = await enrolled(world, { room: 'lab' });
    const channel = await dial(world, alice, 'bob.test:1', await credentialOf(alice));
    const revocation = { issuer: world.authorityNode.id, subject: alice.id, endsAtSeconds: 1e10 };
    const told: Revocation = { ...revocation, revokedAtSeconds: alice.identities.nowSeconds() };
    for (const store of [bob.attributes, bob.store] as { delete?: unknown; put: unknown }[]) {
      const name = store === bob.attributes ? 'delete' : 'put';
      const works = store[name];
      store[name] = () => Promise.reject(new Error('the database is busy'));
      await assert.rejects(bob.guard.revoke(told), /busy/);
      assert.ok(await isOver(channel));
      store[name] = works;
    }
    assert.deepEqual(bob.cut, []);
    await bob.guard.revoke(told);
    assert.equal(await attributesAt(world, bob, alice), undefined);
    assert.equal((await bob.store.get(world.authorityNode.id, alice.id))?.revokedAtSeconds, told.revokedAtSeconds);
    await bob.guard.revoke(told);
    assert.equal(bob.cut.length, 1, 'the second time there was nothing to do');
  });

  test('is told in full to who starts to watch later, and to who was away', async () => {
    const world = await createProject();
    const bob = await guarded(world, 'bob.test:1');
    const [alice, carol] = [await enrolled(world), await enrolled(world)];
    await remove(world, alice.id);
    const first = watching(world, bob);
    await world.clock.advance(100);
    first.watch.close();
    await world.eventually(first.watch.ended);
    await remove(world, carol.id);
    const second = watching(world, bob);
    await world.clock.advance(100);
    second.watch.close();
    assert.deepEqual(
      bob.cut.map(([subject]) => subject),
      [alice.id, carol.id],
      'each once',
    );
  });

  test('is not told to who is no member, nor to who was deleted', async () => {
    const world = await createProject();
    const stranger = await world.person();
    await assert.rejects(world.eventually((await world.session(stranger)).revocationsAfter(0)), {
      code: 'ENROLLMENT_REFUSED',
      message: /unauthorized member/,
    });
    const alice = await enrolled(world);
    const session = await world.session(alice);
    const held = session.revocationsAfter(0);
    await world.clock.advance(10);
    await remove(world, alice.id);
    const told = await world.eventually(held);
    assert.deepEqual(
      told.map(({ subject }) => subject),
      [alice.id],
      'who waits hears of its own end',
    );
    await assert.rejects(world.eventually(session.revocationsAfter(0)), { code: 'ENROLLMENT_REFUSED' });
  });

  test('holds a request for a bounded time, and a bounded number of requests of one peer', async () => {
    const world = await createProject();
    const alice = await enrolled(world);
    const session = await world.session(alice);
    const start = world.clock.monotonicMs();
    const held = session.revocationsAfter(0);
    await world.clock.advance(REVOCATION_WAIT_MS + 10);
    assert.deepEqual(await held, []);
    assert.ok(world.clock.monotonicMs() - start >= REVOCATION_WAIT_MS);
    const many = Array.from({ length: 65 }, () => session.revocationsAfter(0));
    const outcomes = Promise.allSettled(many);
    await world.clock.advance(REVOCATION_WAIT_MS + 10);
    const refused = (await outcomes).filter(({ status }) => status === 'rejected');
    assert.equal(refused.length, 1);
    assert.match(String((refused[0] as PromiseRejectedResult).reason), /too many wait for revocations/);
  });
});

suite('a watch', () => {
  const session = (changes: Partial<AuthoritySession>): AuthoritySession =>
    ({ tellsRevocations: true, close: () => Promise.resolve(), ...changes }) as AuthoritySession;

  test('leaves an authority alone that tells nothing, for an hour', async () => {
    const world = await createProject();
    const bob = await guarded(world, 'bob.test:1');
    let opened = 0;
    let closed = 0;
    const { watch, events } = watching(world, bob, () => {
      opened++;
      return Promise.resolve(session({ tellsRevocations: false, close: () => Promise.resolve(void closed++) }));
    });
    await world.clock.advance(3_599_000);
    assert.deepEqual([opened, closed, events], [1, 1, [{ kind: 'not-told' }]]);
    await world.clock.advance(2000);
    assert.equal(opened, 2);
    watch.close();
  });

  test('tries again after a wait that doubles up to a minute, and starts anew after a success', async () => {
    const world = await createProject();
    const bob = await guarded(world, 'bob.test:1');
    let works = false;
    const { watch, events } = watching(world, bob, () => {
      if (!works) return Promise.reject(new Error('nobody there'));
      works = false;
      return Promise.resolve(
        session({
          revocationsAfter: (() => {
            let asked = 0;
            return () => (asked++ === 0 ? Promise.resolve([]) : Promise.reject(new Error('cut off')));
          })(),
        }),
      );
    });
    await world.clock.advance(200_000);
    const waits = (): number[] => events.flatMap((event) => (event.kind === 'failed' ? [event.retryInMs] : []));
    assert.deepEqual(waits().slice(0, 8), [998, 1996, 3992, 7984, 15_969, 31_938, 59_883, 59_883]);
    works = true;
    await world.clock.advance(61_000);
    assert.equal(waits()[waits().lastIndexOf(59_883) + 1], 998);
    watch.close();
    await world.eventually(watch.ended);
    const opened = events.length;
    await world.clock.advance(200_000);
    assert.equal(events.length, opened, 'closed is closed');
  });

  test('does not run in circles when an authority tells the same again', async () => {
    const world = await createProject();
    const bob = await guarded(world, 'bob.test:1');
    let asked = 0;
    const subject = (await world.person()).id;
    const told = { subject, sequence: 5, revokedAtSeconds: 1, endsAtSeconds: 1e10 };
    const revocationsAfter = (): Promise<(typeof told)[]> => {
      asked++;
      assert.ok(asked < 1000, 'without end');
      return Promise.resolve([told]);
    };
    const { watch, events } = watching(world, bob, () => Promise.resolve(session({ revocationsAfter })));
    await world.clock.advance(10_000);
    assert.ok(asked <= 24, `${asked} times in 10 s`);
    const failed = events.find((event) => event.kind === 'failed');
    assert.ok(hasCode(failed?.error, 'ENROLLMENT_INVALID_ANSWER'));
    watch.close();
    await world.eventually(watch.ended);
  });

  test('does not run in circles when an authority does not hold its requests', async () => {
    const world = await createProject();
    const bob = await guarded(world, 'bob.test:1');
    let asked = 0;
    const revocationsAfter = (): Promise<[]> => {
      asked++;
      return Promise.resolve([]);
    };
    const { watch } = watching(world, bob, () => Promise.resolve(session({ revocationsAfter })));
    await world.clock.advance(10_500);
    assert.equal(asked, 11);
    watch.close();
    await world.eventually(watch.ended);
  });

  test('breaks off when a revocation cannot be kept, and does not forget it', async () => {
    const world = await createProject();
    const bob = await guarded(world, 'bob.test:1');
    const failing: Revocation[] = [];
    const told = { sequence: 1, subject: world.enroller.id, revokedAtSeconds: 5, endsAtSeconds: 6 };
    const asked: number[] = [];
    const { watch } = watching(
      world,
      {
        ...bob,
        guard: Object.assign(Object.create(bob.guard) as RevocationGuard, {
          revoke: (revocation: Revocation) => {
            failing.push(revocation);
            return Promise.reject(new Error('the disk is full'));
          },
        }),
      },
      () =>
        Promise.resolve(
          session({
            revocationsAfter: (after) => {
              asked.push(after);
              return Promise.resolve([told]);
            },
          }),
        ),
    );
    await world.clock.advance(1500);
    assert.deepEqual(asked, [0, 0], 'asked for again from the start');
    assert.equal(failing.length, 2);
    watch.close();
  });
});
