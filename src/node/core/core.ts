import { getLogger, type Logger } from '@logtape/logtape';
import type { ChannelContext, ChannelEvent } from '../../network/channel/index.ts';
import { addressName, formatRefusal, Router } from '../../network/routing/index.ts';
import { TcpTransport } from '../../network/transport/tcp/index.ts';
import { pooledRandom, type Tracing } from '../../kernel/index.ts';
import type { Revocation } from '../../project/authority/index.ts';
import type { RevocationGuard } from '../../project/revocation/index.ts';
import type { AttributeStore } from '../../trust/credential/index.ts';
import { type ChangeHistoryStore, Identities, PurposeKeys, type PurposeKeyStore } from '../../trust/identity/index.ts';
import { type SecretStore, SoftwareVault } from '../../trust/vault/index.ts';
import { systemClock, systemRandom } from '../system/index.ts';

/** What a node remembers. */
export interface CoreStores {
  readonly secrets: SecretStore;
  readonly histories: ChangeHistoryStore;
  readonly purposeKeys: PurposeKeyStore;
  readonly attributes: AttributeStore;
}

/** A node to make. */
export interface CoreOptions {
  readonly stores: CoreStores;
  /** 32 bytes that secrets at rest are encrypted with. */
  readonly wrappingKey?: Uint8Array | undefined;
  /** Ends channels of peers whose credentials are taken back. Default: nobody does. */
  readonly guard?: RevocationGuard | undefined;
  /** Where what the node does is written down. Default: nowhere. */
  readonly tracing?: Tracing | undefined;
  /** Last part of the log's category: which node of this process it is. */
  readonly name: string;
}

/** The inside of a node. */
export interface Core {
  readonly router: Router;
  readonly transport: TcpTransport;
  readonly identities: Identities;
  readonly channels: ChannelContext;
  readonly log: Logger;
  readonly tracing: Tracing | undefined;
  /** Closes listeners and connections, then stops every worker. */
  readonly stop: () => Promise<void>;
}

/** Makes the inside of a node; nothing listens yet. */
export function createCore({ stores, wrappingKey, guard, tracing, name }: CoreOptions): Core {
  const log = getLogger(['perigee', name]);
  const router = new Router({
    clock: systemClock,
    random: pooledRandom(systemRandom),
    onRefused: (refusal) => log.debug('a message was not delivered: {refusal}', { refusal: formatRefusal(refusal) }),
    onWorkerError: (error, worker) =>
      log.warn('the worker {worker} failed: {error}', { worker: addressName(worker), error }),
  });
  const whenIdle = (action: () => void): void => void setImmediate(action);
  const vault = new SoftwareVault({ store: stores.secrets, random: systemRandom, wrappingKey, whenIdle });
  const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  const identities = new Identities({ vault, histories: stores.histories, clock: systemClock, nextTurn });
  const purposeKeys = new PurposeKeys({
    identities,
    store: stores.purposeKeys,
    onReplaced: ({ identifier, kind, cause }) =>
      log.info('the {kind} key of {identifier} was replaced: {cause}', { kind, identifier, cause }),
  });
  const transport = new TcpTransport(router, {
    onCut: ({ remote }, { reason, error }) =>
      log.warn('the connection with {remote} was cut: {reason}: {error}', {
        remote,
        reason,
        error: error?.message ?? 'no more is known',
      }),
  });
  const channels: ChannelContext = {
    router,
    vault,
    identities,
    purposeKeys,
    attributes: stores.attributes,
    isRevoked: guard?.isRevoked,
    onOpen: guard?.onOpen,
    tracing,
    onEvent: (event) => logChannel(log, event),
  };
  return {
    router,
    transport,
    identities,
    channels,
    log,
    tracing,
    stop: async () => {
      await transport.stop();
      router.stop();
    },
  };
}

/** Channels in words; what was refused, with its reason, is a warning. */
function logChannel(log: Logger, event: ChannelEvent): void {
  const { channel, role } = event;
  switch (event.kind) {
    case 'established':
      return log.debug('channel {channel} with {peer} as {role}', { channel, role, peer: event.peer });
    case 'handshake-refused':
      return log.warn('a handshake as {role} was refused: {code}: {reason} (channel {channel}, peer {peer})', {
        role,
        channel,
        code: event.code,
        reason: event.reason,
        peer: event.peer ?? 'unknown',
      });
    case 'handshake-timed-out':
    case 'handshake-displaced':
      return log.warn('a handshake as {role} was given up: {why} (channel {channel})', {
        role,
        channel,
        why: event.kind,
      });
    case 'message-refused':
      return log.warn('a message of channel {channel} was refused: {code}: {reason}', { ...event });
    case 'credential-refused':
      return log.warn('a credential that {peer} presented does not count: {code}: {reason}', { ...event });
    case 'refresh-failed':
      return log.warn('credentials could not be renewed with {peer}: {code}: {reason}', { ...event });
    case 'refreshed':
      return log.debug('{peer} renewed its credentials', { peer: event.peer });
    case 'closed':
      return log.debug('channel {channel} with {peer} was closed by {by}', { channel, peer: event.peer, by: event.by });
  }
}

/** Says in the log that channels were cut because what their peer presented was taken back. */
export function logRevoked({ log }: Pick<Core, 'log'>, { subject, issuer }: Revocation, channels: number): void {
  log.warn('{issuer} has taken back what it attested about {subject}: {channels} channel(s) cut', {
    issuer,
    subject,
    channels,
  });
}
