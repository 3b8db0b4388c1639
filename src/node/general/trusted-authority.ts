import type { CredentialSource } from '../../network/channel/index.ts';
import {
  type CredentialStore,
  CredentialRetriever,
  parseServiceRoute,
  withAuthority,
} from '../../project/enrollment/index.ts';
import { changeHistoryFromHex, type Identifier, verifyHistory } from '../../trust/identity/index.ts';
import type { RevocationGuard, RevocationWatch } from '../../project/revocation/index.ts';
import { type Core, logCredential, watchRevocations } from '../core/index.ts';
import type { StatedAuthority } from '../home/index.ts';
import type { Trusted } from './way.ts';

/** An authority that is trusted, until it is closed. */
export interface TrustedAuthority extends Trusted {
  readonly close: () => void;
}

/**
 * Trusts an authority of which there is no project here (`commands.md` §8.11). With a route and a scope the own credential is asked for and renewed
 * there; with a scope alone the one that was stored is presented, as long as it lasts; otherwise none is.
 *
 * With a route, what the authority takes back is heard of as long as this node is a member there; without one, or with a stock authority,
 * credentials count until they expire.
 * @param credentials where the own credential is kept.
 * @param guard that of the core, to tell it what the authority takes back.
 * @throws {IdentityError} for a history that is not valid, or contradicts the one that is known · {EnrollmentError} ENROLLMENT_INVALID_ROUTE
 */
export async function trustAuthority(
  core: Core,
  {
    stated,
    subject,
    credentials,
    guard,
  }: {
    readonly stated: StatedAuthority;
    readonly subject: Identifier;
    readonly credentials: CredentialStore;
    readonly guard?: RevocationGuard | undefined;
  },
): Promise<TrustedAuthority> {
  const { identifier: authority, history } = verifyHistory(changeHistoryFromHex(stated.identity));
  await core.identities.receive(history, authority);
  const { scope } = stated;
  const route = stated.route === undefined ? undefined : parseServiceRoute(stated.route, 'route to the authority');
  // Before any channel is opened: none may live by what was taken back while this node was stopped.
  await guard?.load(authority);
  const watch = (credential: CredentialRetriever | undefined): RevocationWatch | undefined =>
    guard && route && watchRevocations(core, { authority, route, identity: subject, credential, guard });
  if (scope === undefined) {
    const watching = watch(undefined);
    return { authority, credential: undefined, close: () => watching?.close() };
  }
  const { channels, transport, identities, router } = core;
  const retriever = new CredentialRetriever({
    key: { subject, issuer: authority, scope },
    identities,
    store: credentials,
    clock: router.clock,
    request:
      route &&
      ((signal) =>
        withAuthority({ channels, transport, identity: subject, authority, route, signal }, ({ requestCredential }) =>
          requestCredential(),
        )),
    onEvent: (event) => logCredential(core, event),
  });
  const watching = watch(retriever);
  return {
    authority,
    credential: retriever satisfies CredentialSource,
    close: () => {
      watching?.close();
      retriever.close();
    },
  };
}
