import { startAuthority } from '../../project/authority/index.ts';
import { SqliteMemberStore, SqliteRevocationStore, SqliteTokenStore } from '../../storage/sqlite/index.ts';
import { changeHistoryFromHex } from '../../trust/identity/index.ts';
import { identityProviderAt } from '../identity-provider/index.ts';
import { type AuthorityConfiguration, logAuthority } from '../project/index.ts';
import { type Body, type BodyParts, common } from './body.ts';

/**
 * The body of an authority that is a node of its own. Its members and invitations are kept under its identity, so they outlive the node.
 * @throws as `startAuthority` · {IdentityError} for an account authority whose history is not valid
 */
export async function authorityBody(parts: BodyParts): Promise<Body> {
  const { options, core, identity, record } = parts;
  const { home, name } = options;
  const configuration = record.configuration as AuthorityConfiguration;
  const { accountAuthority, trusted, ...terms } = configuration;
  const account =
    accountAuthority === undefined ? undefined : await core.identities.receive(changeHistoryFromHex(accountAuthority));
  const authority = await startAuthority({
    channels: core.channels,
    transport: core.transport,
    listenAt: terms.listenAt,
    identity,
    projectId: terms.projectIdentifier,
    members: new SqliteMemberStore(home.database, identity),
    tokens: new SqliteTokenStore(home.database, identity),
    revocations: new SqliteRevocationStore(home.database),
    preTrusted: new Map(trusted.map(([identifier, attributes]) => [identifier, new Map(attributes)])),
    administration: account && { authority: account.identifier, enforced: terms.enforceAdminChecks },
    directAuthentication: terms.directAuthentication,
    tokenEnrollment: terms.tokenEnrollment,
    identityProvider: terms.identityProvider && identityProviderAt(terms.identityProvider),
    trustContext: terms.trustContext,
    credentialTtlSeconds: terms.credentialTtlSeconds,
    onEvent: (event) => logAuthority(core, event),
  });
  // The next start takes the same port, so that whoever knows it finds the authority again.
  home.nodes.configure(name, { ...configuration, listenAt: authority.at } satisfies AuthorityConfiguration);
  return {
    close: authority.close,
    handlers: { 'GET /status': () => ({ ...common(parts, undefined), listenAt: authority.at }) },
  };
}
