import { attributeTexts, trustIdentifier } from '../../trust/credential/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import { openChannel, type SecureChannel } from '../../network/channel/index.ts';
import type { Connection } from '../../network/transport/index.ts';
import {
  type CredentialEvent,
  CredentialRetriever,
  type CredentialStore,
  memberScope,
  openAuthoritySession,
  type ReadyProject,
  type ServiceRoute,
  withAuthority,
} from '../../project/enrollment/index.ts';
import { REVOCATION_WAIT_MS } from '../../project/authority/index.ts';
import { type RevocationEvent, type RevocationGuard, RevocationWatch } from '../../project/revocation/index.ts';
import { systemClock, systemRandom } from '../system/index.ts';
import type { Core } from './core.ts';

/** Ours: how long an authority may take to answer, beside the time for which it holds a request, milliseconds. */
const ANSWER_MS = 5000;

/** A member's place in a project. */
export interface Membership {
  readonly project: ReadyProject;
  /** Own identity. */
  readonly identity: Identifier;
  readonly authority: Identifier;
  /** What is presented to other members; renewed while this is open. */
  readonly credential: CredentialRetriever;
  /** What the authority attests about us now. @throws {EnrollmentError} ENROLLMENT_NO_CREDENTIAL */
  readonly attributes: () => Promise<ReadonlyMap<string, string>>;
  /** Opens a way to the project's node. @throws {TransportError | ChannelError}; the reason of the signal */
  readonly dialProject: (signal: AbortSignal) => Promise<ProjectPath>;
  readonly close: () => void;
}

/** A channel to the project's node over a connection of its own. */
export interface ProjectPath {
  readonly channel: SecureChannel;
  /** Settles when channel or connection are gone. */
  readonly closed: Promise<unknown>;
  readonly close: () => void;
}

/**
 * Takes the place of `identity`, a member of `project`.
 * @throws {IdentityError} IDENTITY_INCONSISTENT when the project's histories contradict what is known
 */
export async function joinProject(
  core: Core,
  options: {
    readonly project: ReadyProject;
    readonly identity: Identifier;
    readonly credentials: CredentialStore;
    /** That of the core, to tell it what the authority takes back, as long as the membership is open. */
    readonly guard?: RevocationGuard | undefined;
  },
): Promise<Membership> {
  const { project, identity, credentials, guard } = options;
  const { channels, transport, identities, log } = core;
  const { node, authority } = project;
  await identities.receive(node.identity.history, node.identity.identifier);
  await identities.receive(authority.identity.history, authority.identity.identifier);
  const issuer = authority.identity.identifier;
  const credential = new CredentialRetriever({
    key: { subject: identity, issuer, scope: memberScope(project.id) },
    identities,
    store: credentials,
    clock: systemClock,
    request: (signal) =>
      withAuthority(
        { channels, transport, identity, authority: issuer, route: authority.route, signal },
        ({ requestCredential }) => requestCredential(),
      ),
    onEvent: (event) => logCredential(core, event),
  });
  // Before any channel is opened: none may live by what was taken back while this node was stopped.
  await guard?.load(issuer);
  const watch =
    guard && watchRevocations(core, { authority: issuer, route: authority.route, identity, credential, guard });
  return {
    project,
    identity,
    authority: issuer,
    credential,
    attributes: async () => {
      const { content } = await credential.credential();
      return attributeTexts(content.attributes);
    },
    dialProject: async (signal) => {
      const connection = await transport.connect(node.route.connectTo, { signal });
      try {
        const channel = await openChannel(channels, {
          identity,
          trust: trustIdentifier(node.identity.identifier),
          authority: issuer,
          credential,
          route: [connection.sender, ...node.route.hops],
          signal,
        });
        return pathOf(channel, connection);
      } catch (error) {
        await connection.close();
        throw error;
      }
    },
    close: () => {
      log.debug('the membership of {project} is closed', { project: project.name });
      watch?.close();
      credential.close();
    },
  };
}

/**
 * Applies what an authority takes back, until it is closed; what is taken back from us is given up, so that a new credential is asked
 * for. An authority tells its members only.
 */
export function watchRevocations(
  core: Core,
  member: {
    readonly authority: Identifier;
    readonly route: ServiceRoute;
    readonly identity: Identifier;
    /** The own one of that authority, if there is one. */
    readonly credential: Pick<CredentialRetriever, 'discardUntil'> | undefined;
    readonly guard: RevocationGuard;
  },
): RevocationWatch {
  const { channels, transport } = core;
  const { authority, route, identity, credential, guard } = member;
  return new RevocationWatch({
    issuer: authority,
    clock: systemClock,
    random: systemRandom,
    open: (signal) =>
      openAuthoritySession({
        channels,
        transport,
        identity,
        authority,
        route,
        timeoutMs: REVOCATION_WAIT_MS + ANSWER_MS,
        signal,
      }),
    onRevoked: async (revocation) => {
      if (revocation.subject === identity) await credential?.discardUntil(revocation.revokedAtSeconds);
      await guard.revoke(revocation);
    },
    onEvent: (event) => logRevocations(core, event),
  });
}

function logRevocations({ log }: Core, event: RevocationEvent): void {
  if (event.kind === 'watching') log.info('the authority tells what it takes back');
  else if (event.kind === 'not-told') {
    log.info('the authority does not tell what it takes back: credentials of deleted members count until they expire');
  } else {
    const said = 'the authority cannot be asked what it takes back: {error}; next attempt in {seconds} s';
    const { error, retryInMs, failures } = event;
    // Said once for each time that it goes away, not once a minute.
    log[failures === 1 ? 'warn' : 'debug'](said, { error, seconds: retryInMs / 1000 });
  }
}

function pathOf(channel: SecureChannel, connection: Connection): ProjectPath {
  return {
    channel,
    closed: Promise.race([channel.closed, connection.closed]),
    close: () => {
      channel.close();
      void connection.drain().then(connection.close);
    },
  };
}

/** Says in the log what becomes of an own credential. */
export function logCredential({ log }: Pick<Core, 'log'>, event: CredentialEvent): void {
  if (event.kind === 'obtained') {
    const until = new Date(event.expiresAtSeconds * 1000).toISOString();
    log.info('a credential was obtained, valid until {until}', { until });
  } else if (event.kind === 'failed') {
    log.warn('no credential could be obtained: {error}; next attempt in {seconds} s', {
      error: event.error,
      seconds: event.retryInMs / 1000,
    });
  } else log.warn('the stored credential cannot be used: {error}', { error: event.error });
}
