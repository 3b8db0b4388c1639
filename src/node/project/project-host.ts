import type {
  AuthorityEvent,
  IdentityProvider,
  MemberAttributes,
  MemberStore,
  Revocation,
  RevocationStore,
  TokenStore,
} from '../../project/authority/index.ts';
import { startAuthority } from '../../project/authority/index.ts';
import { type ProjectNodeEvent, startProjectNode } from '../../project/relay-service/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import { RevocationGuard } from '../../project/revocation/index.ts';
import { type Core, createCore, type CoreStores, logRevoked, requireOwnKey } from '../core/index.ts';
import { systemClock } from '../system/index.ts';

/** Ours: how long a revocation that a store could not take waits before it is tried again, milliseconds. */
const RETRY_MS = 1000;

/** A project to host. */
export interface ProjectHostOptions {
  readonly projectId: string;
  readonly stores: CoreStores;
  readonly members: MemberStore;
  readonly tokens: TokenStore;
  readonly revocations: RevocationStore;
  readonly node: { readonly identity: Identifier; readonly listenAt: string };
  readonly authority: { readonly identity: Identifier; readonly listenAt: string };
  readonly preTrusted: ReadonlyMap<Identifier, MemberAttributes>;
  readonly credentialTtlSeconds?: number | undefined;
  readonly identityProvider?: IdentityProvider | undefined;
}

/** A project that runs in this process. */
export interface ProjectHost {
  /** Where the two really listen. */
  readonly nodeAt: string;
  readonly authorityAt: string;
  readonly relays: () => readonly string[];
  readonly close: () => Promise<void>;
}

/**
 * Starts both parts.
 * @throws {TransportError} TRANSPORT_LISTEN_FAILED, TRANSPORT_INVALID_ADDRESS
 */
export async function startProjectHost(options: ProjectHostOptions): Promise<ProjectHost> {
  const { stores, node, authority, projectId, members, tokens, revocations, preTrusted } = options;
  const authorityCore = createCore({ stores, name: 'authority' });
  // The two are in one process, so the node hears of a deleted member at once.
  const guard = new RevocationGuard({
    store: revocations,
    attributes: stores.attributes,
    clock: systemClock,
    onRevoked: (revocation, channels) => logRevoked(nodeCore, revocation, channels),
  });
  await guard.load(authority.identity);
  const nodeCore = createCore({ stores, guard, name: 'project' });
  let stopped = false;
  /** Nobody tells it a second time, as the authority tells other nodes: it is tried until it is done. */
  const revoke = (revocation: Revocation): void => {
    guard.revoke(revocation).catch((error: unknown) => {
      nodeCore.log.error('the store failed: {error}', { error });
      if (!stopped) systemClock.schedule(RETRY_MS, () => revoke(revocation));
    });
  };
  const stop = async (): Promise<void> => {
    stopped = true;
    await authorityCore.stop();
    await nodeCore.stop();
  };
  try {
    await requireOwnKey(authorityCore, authority.identity);
    await requireOwnKey(nodeCore, node.identity);
    const runningAuthority = await startAuthority({
      channels: authorityCore.channels,
      transport: authorityCore.transport,
      listenAt: authority.listenAt,
      identity: authority.identity,
      projectId,
      members,
      tokens,
      revocations,
      onRevoked: revoke,
      preTrusted,
      credentialTtlSeconds: options.credentialTtlSeconds,
      identityProvider: options.identityProvider,
      onEvent: (event) => logAuthority(authorityCore, event),
    });
    const runningNode = await startProjectNode({
      channels: nodeCore.channels,
      transport: nodeCore.transport,
      listenAt: node.listenAt,
      identity: node.identity,
      authority: authority.identity,
      onEvent: (event) => logProjectNode(nodeCore, event),
    });
    return {
      nodeAt: runningNode.at,
      authorityAt: runningAuthority.at,
      relays: runningNode.relays,
      close: async () => {
        await runningNode.close();
        await runningAuthority.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Says in the log what happens at an authority. */
export function logAuthority({ log }: Pick<Core, 'log'>, event: AuthorityEvent): void {
  switch (event.kind) {
    case 'member-added':
      return log.info('{member} became a member by {by}, {how}', { ...event });
    case 'member-removed':
      return log.info('{member} was removed by {by}', { ...event });
    case 'token-issued':
      return log.info('{by} issued an invitation for {uses} use(s)', { ...event });
    case 'credential-issued':
      return log.info('{subject} got a credential', { ...event });
    case 'refused':
      return log.warn('{service} refused {peer}: {reason}', { ...event });
    case 'failed':
      return log.error('{service} failed: {error}', { ...event });
  }
}

function logProjectNode({ log }: Core, event: ProjectNodeEvent): void {
  switch (event.kind) {
    case 'stranger':
      return log.warn('the channel of {peer} was closed: it has no valid credential of the project', { ...event });
    case 'failed':
      return log.error('the store failed: {error}', { ...event });
    case 'relay':
      return logRelay({ log }, event.event);
  }
}

function logRelay({ log }: Pick<Core, 'log'>, event: Extract<ProjectNodeEvent, { kind: 'relay' }>['event']): void {
  if (event.kind === 'refused') log.warn('the relay {name} was refused to {peer}: {reason}', { ...event });
  else if (event.kind === 'removed') log.info('the relay {name} is gone', { ...event });
  else log.info('{peer} has the relay {name}: {kind}', { ...event });
}
