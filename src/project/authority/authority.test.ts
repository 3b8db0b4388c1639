import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createNetworkNode } from '../../../test/support/network-node.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import {
  attributesOf,
  attributeTexts,
  decodeCredentialAndPurposeKey,
  issueCredential,
  trustEveryone,
  verifyCredential,
} from '../../trust/credential/index.ts';
import { type Identifier, identifierFromBytes } from '../../trust/identity/index.ts';
import { type ApiCall, type ApiRefusal, ask, tell } from '../../network/api/index.ts';
import { openChannel } from '../../network/channel/index.ts';
import { allowAll, localAddress, localMessage, request, type Route } from '../../network/routing/index.ts';
import { utf8 } from '../../kernel/index.ts';
import type { AuthoritySession } from '../enrollment/index.ts';
import { createProject, ENROLLER_ATTRIBUTES, type Person, type ProjectWorld } from '../testdata/project-world.ts';
import { type AuthorityOptions, encodeAddMember, startAuthority } from './index.ts';

const NOBODY = identifierFromBytes(new Uint8Array(32).fill(7));
const ROLE = new Map([['ockam-role', 'enroller']]);
const NONE: ReadonlyMap<string, string> = new Map();

/** A session of somebody who was added with these attributes. */
async function memberSession(
  world: ProjectWorld,
  attributes: ReadonlyMap<string, string> | undefined,
): Promise<AuthoritySession & { id: Identifier }> {
  const person = await world.person();
  if (attributes !== undefined) {
    const enrollers = await world.session(world.enroller);
    await world.eventually(enrollers.addMember({ identifier: person.id, attributes }));
    await world.eventually(enrollers.close());
  }
  return { ...(await world.session(person)), id: person.id };
}

async function refuses(world: ProjectWorld, attempt: Promise<unknown>, words: string): Promise<void> {
  await assert.rejects(world.eventually(attempt), (error: Error) => {
    const refusal = error.cause as ApiRefusal;
    assert.equal(refusal.said, words);
    assert.equal(refusal.status, 403);
    return true;
  });
  assert.equal(world.authorityEvents.at(-1)?.kind, 'refused');
}

suite('members', () => {
  test('are added, listed, shown and deleted by an enroller', async () => {
    const world = await createProject();
    const enroller = await world.session(world.enroller);
    const { eventually } = world;
    const attributes = new Map([['room', 'lab']]);
    await eventually(enroller.addMember({ identifier: NOBODY, attributes }));
    const shown = await eventually(enroller.showMember(NOBODY));
    const addedAtSeconds = world.enroller.identities.nowSeconds();
    assert.ok(Math.abs(shown.addedAtSeconds - addedAtSeconds) <= 1);
    assert.deepEqual(
      { ...shown, addedAtSeconds: 0 },
      { attributes, addedAtSeconds: 0, expiresAtSeconds: undefined, attestedBy: world.enroller.id },
    );
    assert.deepEqual(new Set((await eventually(enroller.listMembers())).keys()), new Set([NOBODY, world.enroller.id]));
    assert.deepEqual(
      await eventually(enroller.listMemberIds()),
      [NOBODY, world.enroller.id].sort((a, b) => (a < b ? -1 : 1)),
    );
    await eventually(enroller.deleteMember(NOBODY));
    await refuses(world, enroller.showMember(NOBODY), `Member ${NOBODY} not found`);
    await eventually(enroller.deleteMember(NOBODY));
  });

  test('are no business of those who are no enrollers', async () => {
    const world = await createProject();
    for (const attributes of [undefined, new Map([['ockam-role', 'Enroller']])]) {
      const session = await memberSession(world, attributes);
      const add = session.addMember({ identifier: NOBODY, attributes: NONE });
      await refuses(world, add, `Non-enroller ${session.id} is trying to add a member ${NOBODY}`);
      await refuses(world, session.listMembers(), 'Non-enroller is trying to list members');
      await refuses(world, session.listMemberIds(), 'Non-enroller is trying to list members');
      await refuses(world, session.showMember(session.id), 'Non-enroller is trying to retrieve a member');
      await refuses(world, session.deleteMember(world.enroller.id), 'Non-enroller is trying to delete a member');
      await refuses(world, session.deleteAllMembers(), 'Non-enroller is trying to list members');
      const token = session.createToken({ attributes: NONE });
      await refuses(world, token, 'Non-enroller is trying to issue an enrollment token');
    }
    assert.equal(await world.members.count(), 2);
  });

  test('by configuration cannot be deleted, and stay when all are', async () => {
    const world = await createProject();
    const other = await memberSession(world, ROLE);
    await memberSession(world, NONE);
    const words = 'Enroller is trying to delete a pre trusted identity';
    await refuses(world, other.deleteMember(world.enroller.id), words);
    await world.eventually(other.deleteAllMembers());
    const ids = (await world.members.list()).map(({ identifier }) => identifier);
    assert.deepEqual(new Set(ids), new Set([world.enroller.id, other.id]));
  });

  test('are not gone before all about them is taken back, whatever fails in between', async () => {
    const world = await createProject();
    const enroller = await world.session(world.enroller);
    const member = await memberSession(world, NONE);
    const put = world.revocations.put.bind(world.revocations);
    world.revocations.put = () => Promise.reject(new Error('the database is busy'));
    await assert.rejects(world.eventually(enroller.deleteMember(member.id)));
    assert.notEqual(await world.members.get(member.id), undefined);
    world.revocations.put = put;
    await world.eventually(enroller.deleteMember(member.id));
    assert.equal(await world.members.get(member.id), undefined);
    assert.notEqual(await world.revocations.get(world.authorityNode.id, member.id), undefined);
  });

  test('that are attested less lose what they had; more is added to it', async () => {
    const world = await createProject();
    const enroller = await world.session(world.enroller);
    const member = await memberSession(world, new Map([['room', 'lab']]));
    const revoked = (): Promise<unknown> => world.revocations.get(world.authorityNode.id, member.id);
    const attested = async (): Promise<unknown> => {
      const encoded = await world.eventually(member.requestCredential());
      const { identities } = world.enroller;
      const verified = await verifyCredential(encoded, {
        authorities: [world.authorityNode.id],
        identityOf: identities.find,
        nowSeconds: identities.nowSeconds(),
      });
      return Object.fromEntries(attributeTexts(verified.attributes));
    };
    const change = async (attributes: Record<string, string>): Promise<void> =>
      world.eventually(enroller.addMember({ identifier: member.id, attributes: new Map(Object.entries(attributes)) }));
    await change({ room: 'lab', floor: '2' });
    assert.equal(await revoked(), undefined);
    assert.deepEqual(await attested(), { trust_context_id: 'p1', room: 'lab', floor: '2' });
    await change({ floor: '2' });
    assert.notEqual(await revoked(), undefined);
    assert.deepEqual(await attested(), { trust_context_id: 'p1', floor: '2' });
  });

  test('whose attributes change while their credential waits get the new ones', async () => {
    const world = await createProject();
    const enroller = await world.session(world.enroller);
    const member = await memberSession(world, new Map([['room', 'lab']]));
    const change = (room: string): Promise<void> =>
      enroller.addMember({ identifier: member.id, attributes: new Map([['room', room]]) });
    await world.eventually(change('office'));
    // It waits for the second of the revocation to be over.
    const waiting = member.requestCredential();
    await world.clock.advance(100);
    await world.eventually(change('hall'));
    const { credential } = await world.eventually(waiting);
    assert.ok(Buffer.from(credential.data).includes('hall'));
    assert.ok(!Buffer.from(credential.data).includes('office'));
  });

  test('whose attributes change while their credential is signed do not get the old ones', async () => {
    const world = await createProject();
    const enroller = await world.session(world.enroller);
    const member = await memberSession(world, new Map([['room', 'lab']]));
    const keys = world.authorityNode.channels.purposeKeys;
    const current = keys.current.bind(keys);
    const { promise, resolve } = Promise.withResolvers<void>();
    keys.current = async (identifier, kind) => {
      if (kind === 'credential-signing') await promise;
      return current(identifier, kind);
    };
    const waiting = member.requestCredential();
    await world.clock.advance(100);
    await world.eventually(enroller.addMember({ identifier: member.id, attributes: new Map([['room', 'office']]) }));
    // What is made from now on is younger than the revocation.
    await world.clock.advance(1500);
    resolve();
    await refuses(world, waiting, 'unauthorized member');
    const { credential } = await world.eventually(member.requestCredential());
    assert.ok(Buffer.from(credential.data).includes('office'));
  });

  test('get no credential while they are being deleted, however long that takes', async () => {
    const world = await createProject();
    const enroller = await world.session(world.enroller);
    const member = await memberSession(world, NONE);
    const remove = world.members.delete.bind(world.members);
    const { promise, resolve } = Promise.withResolvers<void>();
    world.members.delete = async (identifier) => {
      await promise;
      return remove(identifier);
    };
    const deleting = enroller.deleteMember(member.id);
    await world.clock.advance(5000);
    await refuses(world, member.requestCredential(), 'unauthorized member');
    resolve();
    await world.eventually(deleting);
    await refuses(world, member.requestCredential(), 'unauthorized member');
  });

  test('are bounded in number', async () => {
    const world = await createProject({ authority: { maxMembers: 2 } });
    const enroller = await world.session(world.enroller);
    const ticket = await world.ticket({}, { uses: 5 });
    await world.eventually(enroller.addMember({ identifier: NOBODY, attributes: NONE }));
    await world.eventually(enroller.addMember({ identifier: NOBODY, attributes: ROLE }));
    const stranger = identifierFromBytes(new Uint8Array(32));
    await refuses(world, enroller.addMember({ identifier: stranger, attributes: NONE }), 'Error adding member');
    const device = await world.person();
    const session = await world.session(device);
    await refuses(world, session.presentCode(ticket.oneTimeCode), 'Error adding member using enrollment token');
    await world.eventually(enroller.deleteMember(NOBODY));
    await world.eventually(session.presentCode(ticket.oneTimeCode));
  });
});

suite('administrators', () => {
  interface Administered {
    readonly world: ProjectWorld;
    readonly admin: Person;
    /** Requests of the administrator, over its one channel. */
    readonly asked: (service: string, method: ApiCall['method'], path: string) => Promise<Uint8Array>;
    readonly told: (service: string, method: ApiCall['method'], path: string, body?: Uint8Array) => Promise<void>;
  }

  /** A project with an account authority, and somebody whom that calls an administrator of `project`. */
  async function administered(enforced: boolean, project = 'p1'): Promise<Administered> {
    const account = await createNetworkNode(new VirtualClock());
    const authority = account.identity.identifier;
    const world = await createProject({ authority: { administration: { authority, enforced } } });
    await world.authorityNode.identities.receive(account.identity.history);
    const admin = await world.person();
    await account.identities.receive(admin.identity.history);
    const credential = await issueCredential(
      { subject: admin.id, attributes: attributesOf({ project }) },
      { issuer: authority, identities: account.identities, purposeKeys: account.channels.purposeKeys },
    );
    const connection = await admin.transport.connect('authority.test:4000');
    const channel = await world.eventually(
      openChannel(admin.channels, {
        identity: admin.id,
        trust: trustEveryone,
        route: [connection.sender, localAddress('api')],
        credential: { current: () => Promise.resolve(credential), onChange: () => () => undefined },
      }),
    );
    const onward = (service: string): Route => [channel.encryptor, localAddress(service)];
    return {
      world,
      admin,
      asked: (service, method, path) => world.eventually(ask(admin.router, { onward: onward(service), method, path })),
      told: (service, method, path, body) =>
        world.eventually(tell(admin.router, { onward: onward(service), method, path, body })),
    };
  }

  test('alone may deal with enrollers, when that is enforced', async () => {
    const { world, told } = await administered(true);
    const enroller = await world.session(world.enroller);
    const words = 'Not pre trusted enroller is trying to create an enroller';
    await refuses(world, enroller.addMember({ identifier: NOBODY, attributes: ROLE }), words);
    const token = enroller.createToken({ attributes: ROLE });
    await refuses(world, token, 'Not admin is trying to issue an enrollment token for an enroller');
    await told('direct_authenticator', 'POST', '/', encodeAddMember({ identifier: NOBODY, attributes: ROLE }));
    assert.deepEqual((await world.members.get(NOBODY))?.attributes, ROLE);
    await refuses(world, enroller.deleteMember(NOBODY), 'Not admin is trying to delete an enroller');
    // Not even by making it something else first.
    await refuses(world, enroller.addMember({ identifier: NOBODY, attributes: NONE }), words);
    await told('direct_authenticator', 'DELETE', `/members/${NOBODY}`);
    assert.equal(await world.members.get(NOBODY), undefined);
  });

  test('may share that with every enroller', async () => {
    const { world } = await administered(false);
    const enroller = await world.session(world.enroller);
    await world.eventually(enroller.addMember({ identifier: NOBODY, attributes: ROLE }));
    await world.eventually(enroller.createToken({ attributes: ROLE }));
    await world.eventually(enroller.deleteMember(NOBODY));
  });

  test('get a credential that says so and nothing else', async () => {
    const { world, admin, asked } = await administered(true);
    await world.members.put({
      identifier: admin.id,
      attributes: new Map([['room', 'lab']]),
      addedBy: admin.id,
      addedAtSeconds: 0,
      preTrusted: false,
    });
    const issued = decodeCredentialAndPurposeKey(await asked('credential_issuer', 'POST', '/credential'));
    await admin.identities.receive(world.authorityNode.identity.history);
    const verified = await verifyCredential(issued, {
      authorities: [world.authorityNode.id],
      expectedSubject: admin.id,
      identityOf: admin.identities.find,
      nowSeconds: admin.identities.nowSeconds(),
    });
    assert.deepEqual(Object.fromEntries(attributeTexts(verified.attributes)), {
      'ockam-relay': '*',
      'ockam-tls-certificate': 'true',
      trust_context_id: 'p1',
    });
  });

  test('of another project are nobody here', async () => {
    const { world, asked } = await administered(true, 'p2');
    await assert.rejects(asked('credential_issuer', 'POST', '/'), { code: 'API_REFUSED', status: 403 });
    assert.equal(world.authorityEvents.at(-1)?.kind, 'refused');
  });
});

suite('invitations', () => {
  test('say what their redeemers become, and by whom', async () => {
    const world = await createProject({ authority: { trustContext: false } });
    const device = await world.person();
    const { credential } = await world.enroll(device, await world.ticket({ 'ockam-relay': 'd' }));
    assert.deepEqual(Object.fromEntries(attributeTexts(credential.content.attributes)), { 'ockam-relay': 'd' });
    const life = credential.content.expiresAt - credential.content.createdAt;
    assert.equal(life, 2_592_000n);
  });

  test('live 10 minutes and work once unless they say otherwise', async () => {
    const world = await createProject();
    const [one, two] = [await world.ticket({}), await world.ticket({})];
    await world.enroll(await world.person(), one);
    await world.clock.advance(601_000);
    await assert.rejects(world.enroll(await world.person(), two), /Unknown enrollment token/);
  });

  test('are bounded in number; those that have expired do not count', async () => {
    const world = await createProject({ authority: { maxTokens: 2 } });
    await world.ticket({}, { ttlSeconds: 5 });
    await world.ticket({});
    await assert.rejects(world.ticket({}), (error: Error) => (error.cause as ApiRefusal).status === 409);
    await world.clock.advance(5_000);
    await world.ticket({});
  });

  test('are not looked for any more after ten wrong codes of one peer', async () => {
    const world = await createProject();
    const ticket = await world.ticket({});
    const guesser = await world.session(await world.person());
    for (let i = 0; i < 10; i++) {
      await refuses(world, guesser.presentCode(new Uint8Array(32).fill(i)), 'Unknown enrollment token');
    }
    const words = 'Error using the enrollment token: too many attempts';
    await refuses(world, guesser.presentCode(ticket.oneTimeCode), words);
    await world.enroll(await world.person(), ticket);
    const later = await world.ticket({}, { ttlSeconds: 3600 });
    await world.clock.advance(600_000);
    await world.eventually(guesser.presentCode(later.oneTimeCode));
  });

  test('end with who made them, who cannot come back by one of its own', async () => {
    const world = await createProject();
    const leaver = await world.person();
    await world.enroll(leaver, await world.ticket({ 'ockam-role': 'enroller' }));
    const session = await world.session(leaver);
    const kept = await world.eventually(session.createToken({ attributes: ROLE, ttlSeconds: 1e9, uses: 1e6 }));
    const others = await world.ticket({});
    const enroller = await world.session(world.enroller);
    await world.eventually(enroller.deleteMember(leaver.id));
    await refuses(world, session.presentCode(kept), 'Unknown enrollment token');
    assert.equal(await world.members.get(leaver.id), undefined);
    const invited = await memberSession(world, undefined);
    await refuses(world, invited.presentCode(kept), 'Unknown enrollment token');
    await world.eventually(invited.presentCode(others.oneTimeCode));
  });

  test('end when who made them is no enroller any more', async () => {
    const world = await createProject();
    const demoted = await memberSession(world, ROLE);
    const kept = await world.eventually(demoted.createToken({ attributes: ROLE }));
    const enroller = await world.session(world.enroller);
    await world.eventually(enroller.addMember({ identifier: demoted.id, attributes: NONE }));
    await refuses(world, (await memberSession(world, undefined)).presentCode(kept), 'Unknown enrollment token');
    // Also when all members are deleted at once.
    await world.eventually(enroller.addMember({ identifier: demoted.id, attributes: ROLE }));
    const again = await world.eventually(demoted.createToken({ attributes: ROLE }));
    await world.eventually(enroller.deleteAllMembers());
    await refuses(world, demoted.presentCode(again), 'Unknown enrollment token');
  });

  test('of who is deleted while it makes one are worth nothing', async () => {
    const world = await createProject();
    const leaver = await memberSession(world, ROLE);
    const add = world.tokens.add.bind(world.tokens);
    world.tokens.add = async (token) => {
      await world.members.delete(leaver.id);
      await add(token);
    };
    const words = 'Non-enroller is trying to issue an enrollment token';
    await refuses(world, leaver.createToken({ attributes: ROLE }), words);
    assert.equal(await world.tokens.count(), 0);
  });

  test('and direct members can be left out', async () => {
    const world = await createProject({ authority: { tokenEnrollment: false, directAuthentication: false } });
    const { router } = world.authorityNode;
    for (const name of ['enrollment_token_issuer', 'enrollment_token_acceptor', 'direct_authenticator']) {
      assert.equal(router.has(localAddress(name)), false, name);
    }
    assert.equal(router.has(localAddress('credential_issuer')), true);
  });
});

suite('an authority', () => {
  test('is reached through a channel only', async () => {
    const world = await createProject();
    const device = await world.person();
    const connection = await device.transport.connect('authority.test:4000');
    for (const name of ['credential_issuer', 'direct_authenticator', 'echo']) {
      const sent = request(device.router, { onward: [connection.sender, localAddress(name)], timeoutMs: 50 });
      await assert.rejects(world.eventually(sent), { code: 'ROUTING_REQUEST_TIMED_OUT' });
    }
    // From inside the node there is no channel either.
    const inside = ask(world.authorityNode.router, {
      onward: [localAddress('credential_issuer')],
      method: 'POST',
      path: '/',
    });
    await assert.rejects(world.eventually(inside), { status: 400, said: 'secure channel required' });
  });

  test('answers echo, unknown paths and bodies that cannot be read', async () => {
    const world = await createProject();
    const { router, transport, channels, id } = world.enroller;
    const connection = await transport.connect('authority.test:4000');
    const channel = await world.eventually(
      openChannel(channels, { identity: id, trust: trustEveryone, route: [connection.sender, localAddress('api')] }),
    );
    const pinged = request(router, { onward: [channel.encryptor, localAddress('echo')], payload: utf8('ping') });
    assert.deepEqual((await world.eventually(pinged)).payload, utf8('ping'));
    const attempts: [string, ApiCall['method'], string, Uint8Array | undefined, string][] = [
      ['direct_authenticator', 'PUT', '/', undefined, 'unknown path'],
      ['direct_authenticator', 'POST', '/members/x', undefined, 'unknown path'],
      ['direct_authenticator', 'GET', '/members/x/y', undefined, 'unknown path'],
      ['direct_authenticator', 'GET', '/nobody', undefined, 'unknown path'],
      ['direct_authenticator', 'DELETE', '/', undefined, 'unknown path'],
      ['direct_authenticator', 'POST', '/', undefined, 'the body cannot be read'],
      ['direct_authenticator', 'POST', '/members', Uint8Array.of(0xa0), 'the body cannot be read'],
      ['enrollment_token_issuer', 'GET', '/', undefined, 'unknown path'],
      ['enrollment_token_issuer', 'POST', '//', undefined, 'unknown path'],
      ['enrollment_token_issuer', 'POST', '/tokens', Uint8Array.of(0xff), 'the body cannot be read'],
      ['enrollment_token_acceptor', 'POST', '/tokens', undefined, 'unknown path'],
      ['enrollment_token_acceptor', 'POST', '/credential', Uint8Array.of(1), 'the body cannot be read'],
      ['credential_issuer', 'GET', '/', undefined, 'unknown path'],
    ];
    for (const [service, method, path, body, said] of attempts) {
      const onward = [channel.encryptor, localAddress(service)];
      const asked = ask(router, { onward, method, path, body });
      await assert.rejects(world.eventually(asked), { status: 400, said }, `${service} ${method} ${path}`);
    }
    // What is no request at all gets no answer and harms nobody.
    const noise = localMessage([channel.encryptor, localAddress('credential_issuer')], [], utf8('noise'));
    const worker = router.register({
      mailbox: { address: localAddress('noise'), incoming: allowAll, outgoing: allowAll },
      handle: () => undefined,
    });
    void worker.mailbox.send(noise);
    await world.clock.advance(10);
    const again = ask(router, {
      onward: [channel.encryptor, localAddress('credential_issuer')],
      method: 'POST',
      path: '/',
    });
    await world.eventually(again);
  });

  test('that fails inside says so without a word of why', async () => {
    const world = await createProject();
    const session = await world.session(world.enroller);
    world.members.get = () => Promise.reject(new Error('disk on fire'));
    const failed = world.eventually(session.requestCredential());
    await assert.rejects(failed, (error: Error) => {
      assert.equal((error.cause as ApiRefusal).status, 500);
      return !error.message.includes('fire');
    });
    assert.equal(world.authorityEvents.at(-1)?.kind, 'failed');
  });

  test('takes its pre-trusted members from each start', async () => {
    const world = await createProject();
    const gone = await world.person();
    await world.members.put({
      identifier: gone.id,
      attributes: ENROLLER_ATTRIBUTES,
      addedBy: gone.id,
      addedAtSeconds: 0,
      preTrusted: true,
    });
    await world.authority.close();
    const options: AuthorityOptions = {
      channels: world.authorityNode.channels,
      transport: world.authorityNode.transport,
      listenAt: 'authority.test:4000',
      identity: world.authorityNode.id,
      projectId: 'p1',
      members: world.members,
      tokens: world.tokens,
      revocations: world.revocations,
      preTrusted: new Map([[world.enroller.id, ENROLLER_ATTRIBUTES]]),
      onEvent: () => undefined,
    };
    const put = world.revocations.put.bind(world.revocations);
    world.revocations.put = () => Promise.reject(new Error('the database is busy'));
    await assert.rejects(startAuthority(options), /busy/);
    world.revocations.put = put;
    const restarted = await startAuthority(options);
    assert.equal(await world.members.get(gone.id), undefined);
    assert.equal((await world.members.get(world.enroller.id))?.preTrusted, true);
    assert.ok(await world.revocations.get(world.authorityNode.id, gone.id), 'what it had is taken back');
    assert.equal(await world.revocations.get(world.authorityNode.id, world.enroller.id), undefined);
    await restarted.close();
    const tooMany = new Map(Array.from({ length: 101 }, (_, index) => [`a${index}`, '']));
    const preTrusted = new Map([[world.enroller.id, tooMany]]);
    await assert.rejects(startAuthority({ ...options, preTrusted }), RangeError);
    await assert.rejects(startAuthority({ ...options, credentialTtlSeconds: 0 }), RangeError);
  });

  test('leaves nothing behind when it is closed', async () => {
    const world = await createProject();
    await world.session(world.enroller);
    const { router, transport } = world.authorityNode;
    await world.authority.close();
    assert.equal(transport.connections.length, 0);
    await world.clock.advance(1);
    assert.equal(router.size, 0);
  });
});
