import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenForChannels, openChannel } from '../../network/channel/index.ts';
import { localAddress } from '../../network/routing/index.ts';
import {
  MemoryMemberStore,
  MemoryRevocationStore,
  MemoryTokenStore,
  startAuthority,
} from '../../project/authority/index.ts';
import { MemoryCredentialStore, openAuthoritySession, parseServiceRoute } from '../../project/enrollment/index.ts';
import { RevocationGuard } from '../../project/revocation/index.ts';
import { MemoryAttributeStore, trustEveryone } from '../../trust/credential/index.ts';
import {
  changeHistoryToHex,
  type Identifier,
  type Identity,
  MemoryChangeHistoryStore,
  MemoryPurposeKeyStore,
} from '../../trust/identity/index.ts';
import { MemorySecretStore } from '../../trust/vault/index.ts';
import { type Core, createCore } from '../core/index.ts';
import { systemClock } from '../system/index.ts';
import { trustAuthority } from './trusted-authority.ts';

interface Somebody {
  readonly core: Core;
  readonly guard: RevocationGuard;
  readonly revocations: MemoryRevocationStore;
  readonly attributes: MemoryAttributeStore;
  readonly identity: Identity;
}

async function somebody(open: AsyncDisposableStack): Promise<Somebody> {
  const attributes = new MemoryAttributeStore();
  const revocations = new MemoryRevocationStore();
  const guard = new RevocationGuard({ store: revocations, attributes, clock: systemClock, onRevoked: () => undefined });
  const stores = {
    secrets: new MemorySecretStore(),
    histories: new MemoryChangeHistoryStore(),
    purposeKeys: new MemoryPurposeKeyStore(),
    attributes,
  };
  const core = createCore({ stores, guard, name: 'test' });
  open.defer(core.stop);
  return { core, guard, revocations, attributes, identity: await core.identities.create() };
}

test('what an authority that was stated takes back is heard of', { timeout: 20_000 }, async () => {
  await using open = new AsyncDisposableStack();
  const [issuer, enroller, server, user] = [
    await somebody(open),
    await somebody(open),
    await somebody(open),
    await somebody(open),
  ];
  const idOf = ({ identity }: Somebody): Identifier => identity.identifier;
  const authority = await startAuthority({
    channels: issuer.core.channels,
    transport: issuer.core.transport,
    listenAt: '127.0.0.1:0',
    identity: idOf(issuer),
    projectId: 'p',
    members: new MemoryMemberStore(),
    tokens: new MemoryTokenStore(),
    revocations: new MemoryRevocationStore(),
    preTrusted: new Map([
      [idOf(enroller), new Map([['ockam-role', 'enroller']])],
      [idOf(server), new Map()],
    ]),
    onEvent: () => undefined,
  });
  open.defer(authority.close);
  const route = `/ip4/127.0.0.1/tcp/${authority.at.slice(authority.at.lastIndexOf(':') + 1)}/service/api`;
  const stated = { identity: changeHistoryToHex(issuer.identity.history), route, scope: 's' };
  await enroller.core.identities.receive(issuer.identity.history);
  const session = await openAuthoritySession({
    channels: enroller.core.channels,
    transport: enroller.core.transport,
    identity: idOf(enroller),
    authority: idOf(issuer),
    route: parseServiceRoute(route, 'route'),
  });
  open.defer(session.close);
  await session.addMember({ identifier: idOf(user), attributes: new Map([['room', 'lab']]) });

  const trusting = async ({ core, guard, identity }: Somebody) => {
    const credentials = new MemoryCredentialStore();
    const trusted = await trustAuthority(core, { stated, subject: identity.identifier, credentials, guard });
    open.defer(trusted.close);
    return trusted;
  };
  const { authority: trusted, credential } = await trusting(server);
  const accepted = Promise.withResolvers<unknown>();
  const listener = listenForChannels(server.core.channels, {
    address: localAddress('api'),
    identity: idOf(server),
    trust: trustEveryone,
    authority: trusted,
    credential,
    onChannel: accepted.resolve,
  });
  const entrance = await server.core.transport.listen('127.0.0.1:0');
  server.core.router.flows.addConsumer(listener.address, entrance.flowControlId);
  const connection = await user.core.transport.connect(entrance.at);
  const channel = await openChannel(user.core.channels, {
    identity: idOf(user),
    trust: trustEveryone,
    authority: trusted,
    credential: (await trusting(user)).credential,
    route: [connection.sender, localAddress('api')],
  });
  await accepted.promise;
  const attested = (): Promise<unknown> =>
    server.attributes.get(idOf(user), trusted, server.core.identities.nowSeconds());
  assert.notEqual(await attested(), undefined);

  await session.deleteMember(idOf(user));
  await channel.closed;
  assert.equal(await attested(), undefined);

  // And one that starts anew knows it before it has heard of it again.
  const again = new RevocationGuard({
    store: server.revocations,
    attributes: server.attributes,
    clock: systemClock,
    onRevoked: () => undefined,
  });
  const credentials = new MemoryCredentialStore();
  const { scope: _scope, route: _route, ...alone } = stated;
  await trustAuthority(server.core, { stated: alone, subject: idOf(server), credentials, guard: again });
  assert.equal(again.isRevoked({ issuer: idOf(issuer), subject: idOf(user), createdAt: 0n } as never), true);
});
