import { type AuthoritySessionOptions, withAuthority } from './authority-session.ts';
import { type CredentialEvent, CredentialRetriever } from './credential-retriever.ts';
import type { CredentialStore } from './credential-store.ts';
import { memberScope, type ReadyProject } from './project.ts';

/** Whose membership of which project. */
export interface KeepMemberCredentialOptions extends Omit<AuthoritySessionOptions, 'authority' | 'route' | 'signal'> {
  readonly project: Pick<ReadyProject, 'id' | 'authority'>;
  readonly store: CredentialStore;
  /** Default: `project-member-<id>`. */
  readonly scope?: string | undefined;
  /** Told of all that happens. Must not throw. */
  readonly onEvent?: ((event: CredentialEvent) => void) | undefined;
}

/**
 * What a member of a project presents to its peers (`project.md` §7): the stored credential, renewed at the authority in time.
 * @throws {IdentityError} IDENTITY_INCONSISTENT when the authority's history contradicts the known one
 */
export async function keepMemberCredential(options: KeepMemberCredentialOptions): Promise<CredentialRetriever> {
  const { channels, identity, project, store, scope = memberScope(project.id), onEvent } = options;
  const { identifier: issuer, history } = project.authority.identity;
  await channels.identities.receive(history, issuer);
  const session = { ...options, authority: issuer, route: project.authority.route };
  return new CredentialRetriever({
    key: { subject: identity, issuer, scope },
    identities: channels.identities,
    store,
    clock: channels.router.clock,
    request: (signal) => withAuthority({ ...session, signal }, ({ requestCredential }) => requestCredential()),
    onEvent,
  });
}
