import { traced } from '../../kernel/index.ts';
import type { Route } from '../routing/index.ts';
import type { ChannelContext, ChannelEndOptions } from './context.ts';
import { channelClosed, type SecureChannel } from './secure-channel.ts';
import { HandshakeEnd } from './handshake-end.ts';

/** How to open a channel. */
export interface OpenChannelOptions extends ChannelEndOptions {
  /** Hops to the peer's listener, which is the last; the first must be an address of this node. */
  readonly route: Route;
  /** Say inside the handshake that we are a Perigee node. Default true. */
  readonly announce?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a channel as its initiator. Nothing confirms the last handshake message: a peer that refused us is silent.
 * @throws {ChannelError} CHANNEL_TIMED_OUT, CHANNEL_PEER_REFUSED, CHANNEL_UNREACHABLE, CHANNEL_NO_CREDENTIAL, CHANNEL_CLOSED;
 * the reason of `signal` when that is aborted.
 */
export function openChannel(context: ChannelContext, options: OpenChannelOptions): Promise<SecureChannel> {
  return traced(context.tracing, 'secure-channel open', { kind: 'client' }, async (span) => {
    const channel = await open(context, options);
    span?.set('perigee.peer', channel.peer);
    return channel;
  });
}

async function open(context: ChannelContext, options: OpenChannelOptions): Promise<SecureChannel> {
  const { route, signal } = options;
  signal?.throwIfAborted();
  const end = new HandshakeEnd(context, { ...options, role: 'initiator' });
  const onAbort = (): void => end.fail(channelClosed());
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await end.begin(route);
    return await end.opened;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
