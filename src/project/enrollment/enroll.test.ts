import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { attributeTexts, decodeCredentialAndPurposeKey, trustEveryone } from '../../trust/credential/index.ts';
import { changeHistoryToHex } from '../../trust/identity/index.ts';
import { listenForChannels, openChannel } from '../../network/channel/index.ts';
import { allowAll, localAddress, startEcho } from '../../network/routing/index.ts';
import type { Connection } from '../../network/transport/index.ts';
import { type CodedError, hasCode } from '../../kernel/index.ts';
import { createProject, type Person, type ProjectWorld } from '../testdata/project-world.ts';
import { type CredentialEvent, formatTicket, keepMemberCredential, parseTicket, readyProject } from './index.ts';

suite('enrollment, end to end', () => {
  test('a ticket makes a member, whose credential a peer verifies', async () => {
    const world = await createProject();
    const [device, peer] = [await world.person(), await world.person()];
    const ticket = await world.ticket({ 'ockam-relay': 'device', room: 'lab' });
    const { alreadyMember, credential } = await world.enroll(device, ticket);
    assert.equal(alreadyMember, false);
    assert.deepEqual(
      new Map(attributeTexts(credential.content.attributes)),
      new Map([
        ['ockam-relay', 'device'],
        ['room', 'lab'],
        ['trust_context_id', 'p1'],
      ]),
    );
    const member = await world.members.get(device.id);
    assert.equal(member?.addedBy, world.enroller.id);
    assert.equal(member?.preTrusted, false);

    const [stored] = await device.credentials.list();
    assert.equal(stored?.scope, 'project-member-p1');
    assert.equal(stored?.issuer, world.authorityNode.id);
    const presented = decodeCredentialAndPurposeKey(stored.credential);
    await peer.identities.receive(world.authorityNode.identity.history);
    const listening = await peer.transport.listen('peer');
    listenForChannels(peer.channels, {
      address: localAddress('api'),
      identity: peer.id,
      trust: trustEveryone,
      authority: world.authorityNode.id,
    });
    peer.router.flows.addConsumer(localAddress('api'), listening.flowControlId);
    startEcho(peer.router, { incoming: allowAll });
    const connection = await device.transport.connect('peer');
    await world.eventually(
      openChannel(device.channels, {
        identity: device.id,
        trust: trustEveryone,
        route: [connection.sender, localAddress('api')],
        credential: { current: () => Promise.resolve(presented), onChange: () => () => undefined },
      }),
    );
    await world.clock.advance(1);
    const seen = await peer.attributes.get(device.id, world.authorityNode.id, peer.identities.nowSeconds());
    assert.equal(seen && attributeTexts(seen.attributes).get('room'), 'lab');
  });

  test('a member keeps its credential fresh at the authority, and a deleted one gets none any more', async () => {
    const world = await createProject({ authority: { credentialTtlSeconds: 1000 } });
    const device = await world.person();
    await world.enroll(device, await world.ticket({}));
    const events: CredentialEvent[] = [];
    const kept = await keepMemberCredential({
      channels: device.channels,
      transport: device.transport,
      identity: device.id,
      project: world.project,
      store: device.credentials,
      onEvent: (event) => events.push(event),
    });
    const first = await world.eventually(kept.credential());
    assert.equal(events.length, 0, 'what enrolling stored is used');
    await world.clock.advance(890_000);
    const second = await world.eventually(kept.credential());
    assert.ok(second.content.expiresAt > first.content.expiresAt);
    assert.equal(device.transport.connections.length, 0);
    await world.members.delete(device.id);
    await world.clock.advance(900_000);
    const failures = events.flatMap((event) => (event.kind === 'failed' ? [String(event.error)] : []));
    assert.match(failures.at(-1) ?? '', /unauthorized member/);
    await world.clock.advance(100_000);
    await assert.rejects(world.eventually(kept.current()), { code: 'ENROLLMENT_NO_CREDENTIAL' });
    kept.close();
  });

  test('a code works as often as it says, and not for members', async () => {
    const world = await createProject();
    const ticket = await world.ticket({ a: 'b' }, { uses: 2 });
    const [one, two, three] = [await world.person(), await world.person(), await world.person()];
    await world.enroll(one, ticket);
    assert.equal((await world.enroll(one, ticket)).alreadyMember, true, 'which uses nothing up');
    assert.equal((await world.enroll(two, ticket)).alreadyMember, false);
    await refused(world.enroll(three, ticket), /Unknown enrollment token/);
    assert.equal(await world.members.get(three.id), undefined);
    assert.deepEqual(await three.credentials.list(), []);
  });

  test('an expired code and one that never was are refused alike', async () => {
    const world = await createProject();
    const ticket = await world.ticket({}, { ttlSeconds: 10 });
    await world.clock.advance(10_000);
    const device = await world.person();
    await refused(world.enroll(device, ticket), /Unknown enrollment token/);
    const unknown = { ...ticket, oneTimeCode: new Uint8Array(32).fill(7) };
    await refused(world.enroll(device, unknown), /Unknown enrollment token/);
    assert.equal(await world.tokens.count(), 0);
  });

  test('two who redeem the last use at once: one becomes a member', async () => {
    const world = await createProject();
    const ticket = await world.ticket({});
    const [one, two] = [await world.person(), await world.person()];
    const outcomes = await Promise.allSettled([world.enroll(one, ticket), world.enroll(two, ticket)]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.equal(await world.members.count(), 2, 'the enroller and one more');
  });

  test('who is no member and has no code gets no credential', async () => {
    const world = await createProject();
    const device = await world.person();
    await refused(
      world.enroll(device, { ...(await world.ticket({})) }, { oneTimeCode: undefined }),
      /unauthorized member/,
    );
  });

  test('a member needs no code', async () => {
    const world = await createProject();
    const ticket = await world.ticket({});
    const { alreadyMember } = await world.enroll(world.enroller, ticket, { oneTimeCode: undefined });
    assert.equal(alreadyMember, false);
    assert.equal(await world.tokens.count(), 1);
  });

  test('somebody else at the route of the authority is not talked to', async () => {
    const world = await createProject();
    const ticket = await world.ticket({});
    const stranger = await world.person();
    // A forged ticket names the real route and another identity.
    const forged = readyProject({ ...ticket.model, authorityIdentity: historyOf(stranger) });
    const device = await world.person();
    await assert.rejects(world.enroll(device, { ...ticket, project: forged }), { code: 'ENROLLMENT_UNREACHABLE' });
    assert.equal(await world.tokens.count(), 1, 'the code was not presented');
  });

  test('a ticket whose project is not the one of its history is no ticket', async () => {
    const world = await createProject();
    const { model, oneTimeCode } = await world.ticket({});
    const stranger = await world.person();
    const forged = formatTicket({ oneTimeCode, model: { ...model, identity: stranger.id } });
    assert.throws(() => parseTicket(forged), { code: 'ENROLLMENT_WRONG_IDENTITY' });
  });

  test('an authority that cannot be reached, and one that is silent', async () => {
    const world = await createProject();
    const ticket = await world.ticket({});
    const device = await world.person();
    await world.authority.close();
    await assert.rejects(world.enroll(device, ticket), { code: 'ENROLLMENT_UNREACHABLE' });
    await device.transport.listen('nobody');
    await world.authorityNode.transport.listen('authority.test:4000');
    const waiting = world.enroll(device, ticket, { timeoutMs: 500 });
    await assert.rejects(waiting, { code: 'ENROLLMENT_UNREACHABLE', message: /500 ms/ });
    const aborted = world.enroll(device, ticket, { signal: AbortSignal.abort(new Error('enough')) });
    await assert.rejects(aborted, /enough/);
    assert.equal(device.transport.connections.length, 0, 'nothing is left behind');
  });

  test('who hangs up at the route of the authority is not waited for until the deadline', async () => {
    const world = await createProject();
    const ticket = await world.ticket({});
    const device = await world.person();
    await world.authority.close();
    const onConnection = (connection: Connection): void => void connection.close();
    await world.authorityNode.transport.listen('authority.test:4000', { onConnection });
    await assert.rejects(world.enroll(device, ticket), { code: 'ENROLLMENT_UNREACHABLE', message: /hung up/ });
    assert.equal(device.transport.connections.length, 0, 'nothing is left behind');
  });

  test('an authority that hangs up while it is asked is not waited for either', async () => {
    const world = await createProject();
    const { revocationsAfter } = await world.session(world.enroller);
    const waiting = world.eventually(revocationsAfter(0));
    const [outcome] = await Promise.all([waiting.catch((error: unknown) => error), world.authority.close()]);
    assert.ok(outcome instanceof Error);
    assert.match(outcome.message, /^no answer by the authority at \S+: whoever is there hung up$/);
    assert.equal((outcome as CodedError).code, 'ENROLLMENT_UNREACHABLE');
  });

  test('no event of the authority carries the code', async () => {
    const world = await createProject();
    const ticket = await world.ticket({});
    await world.enroll(await world.person(), ticket);
    const code = Buffer.from(ticket.oneTimeCode).toString('hex');
    const told = JSON.stringify(world.authorityEvents);
    assert.match(told, /token-issued/);
    assert.ok(!told.includes(code));
  });
});

function historyOf(person: Person): string {
  const { history } = person.identity;
  return changeHistoryToHex(history);
}

async function refused(attempt: ReturnType<ProjectWorld['enroll']>, words: RegExp): Promise<void> {
  await assert.rejects(attempt, (error) => hasCode(error, 'ENROLLMENT_REFUSED') && words.test(error.message));
}
