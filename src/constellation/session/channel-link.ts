import { type Clock, nowSeconds } from '../../kernel/index.ts';
import { type AttributeStore, attributeTexts } from '../../trust/credential/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import {
  type ChannelContext,
  type ChannelListener,
  openChannel,
  type OpenChannelOptions,
  type SecureChannel,
} from '../../network/channel/index.ts';
import {
  type Address,
  ALLOWED,
  allowIncomingPeer,
  allowOnward,
  denied,
  type LocalMessage,
  localAddress,
  type Mailbox,
  partedMessage,
  randomAddress,
  type Route,
} from '../../network/routing/index.ts';
import type { Link, LinkHandlers, LinkPeer } from './link.ts';

/** Specification (`constellation.md` §1): the gateway's worker. */
export const CONSTELLATION_ADDRESS: Address = localAddress('constellation');

/** A link over one secure channel, which is the link's own: it ends with it. */
class ChannelLink implements Link {
  readonly peer: LinkPeer;
  readonly #channel: SecureChannel;
  readonly #mailbox: Mailbox;
  readonly #onward: Route;
  readonly #returnRoute: Route;
  readonly #free: () => void;
  #handlers: LinkHandlers | undefined;
  #over: string | undefined;

  /** @param free called once at the end. */
  constructor(channel: SecureChannel, peer: LinkPeer, mailbox: Mailbox, onward: Route, free: () => void) {
    this.#channel = channel;
    this.peer = peer;
    this.#mailbox = mailbox;
    this.#onward = onward;
    this.#returnRoute = [mailbox.address];
    this.#free = free;
    void channel.closed.then(() => this.#end('the secure channel was closed'));
  }

  open = (handlers: LinkHandlers): void => {
    const over = this.#over;
    if (over === undefined) this.#handlers = handlers;
    else queueMicrotask(() => handlers.onClose(over));
  };

  send = (parts: readonly Uint8Array[]): void | Promise<void> => {
    if (this.#over !== undefined) return undefined;
    const sent = this.#mailbox.send(partedMessage(this.#onward, this.#returnRoute, parts));
    if (sent === undefined || sent instanceof Promise) return sent;
    // A message was dropped: what comes after it would make no sense to the peer.
    this.#end(`a message could not be sent: ${sent.detail}`);
    return undefined;
  };

  close = (): void => {
    this.#handlers = undefined;
    this.#end('closed here');
  };

  /** Hands over a message of the peer. */
  receive(message: Uint8Array): void {
    this.#handlers?.onMessage(message);
  }

  #end(reason: string): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    this.#free();
    // Not at once: inside a handler, messages sent before are still in the encryptor's queue, which ends with the channel.
    queueMicrotask(this.#channel.close);
    this.#handlers?.onClose(reason);
  }
}

/** Where links look up what is attested about their peers. */
export interface AttestedPeers {
  readonly attributes: AttributeStore;
  /** The project's authority; credentials of others do not count. */
  readonly authority: Identifier;
  readonly clock: Clock;
}

/** The gateway's end: what becomes a link. */
export interface AcceptLinksOptions extends AttestedPeers {
  readonly router: ChannelContext['router'];
  /** Whose channels may carry a link. */
  readonly listener: ChannelListener;
  /** A peer has sent its first message. Must call `open` before it returns. */
  readonly onLink: (link: Link) => void;
}

/** Accepts links at {@link CONSTELLATION_ADDRESS}. */
export interface LinkAcceptor {
  /** Takes no more links and closes those that stand. */
  readonly close: () => void;
}

/**
 * Starts the worker to which Sats send (`constellation.md` §1). A link is known by the encryptor that its messages came
 * through, which only the channel itself puts into their return route.
 * @throws {RoutingError} ROUTING_ADDRESS_IN_USE
 */
export function acceptLinks(options: AcceptLinksOptions): LinkAcceptor {
  const { router, listener, onLink } = options;
  const links = new Map<string, ChannelLink>();
  const accept = (message: LocalMessage): ChannelLink | undefined => {
    const encryptor = message.return[0];
    const channel = [...listener.channels].find((candidate) => candidate.encryptor.key === encryptor?.key);
    if (encryptor === undefined || channel === undefined) return undefined;
    const peer = peerOf(channel.peer, options);
    const link = new ChannelLink(channel, peer, worker.mailbox, message.return, () => links.delete(encryptor.key));
    links.set(encryptor.key, link);
    onLink(link);
    return link;
  };
  const worker = router.register({
    mailbox: {
      address: CONSTELLATION_ADDRESS,
      incoming: allowIncomingPeer(() => ALLOWED),
      outgoing: ({ destination }) => (links.has(destination.key) ? ALLOWED : NOT_A_LINK),
    },
    handle: (message) => {
      const link = links.get(message.return[0]?.key ?? '') ?? accept(message);
      link?.receive(message.payload);
    },
  });
  router.flows.addConsumer(CONSTELLATION_ADDRESS, listener.flowControlId);
  return {
    close: () => {
      for (const link of links.values()) link.close();
      worker.stop();
    },
  };
}

const NOT_A_LINK = denied('the constellation worker sends through the channels of its links only');

/** The Sat's end: how to reach the gateway. */
export interface DialLinkOptions extends AttestedPeers {
  readonly context: ChannelContext;
  /** Route to the gateway's listener, its identity, trust and credentials. */
  readonly channel: OpenChannelOptions;
}

/**
 * Opens a channel to a gateway and a link over it. Nothing is sent yet.
 * @throws {ChannelError} what {@link openChannel} throws.
 */
export async function dialLink(options: DialLinkOptions): Promise<Link> {
  const { router } = options.context;
  const channel = await openChannel(options.context, options.channel);
  const worker = router.register({
    mailbox: {
      address: randomAddress(router.random),
      incoming: allowIncomingPeer((peer) => (peer === channel.peer ? ALLOWED : NOT_THE_GATEWAY)),
      outgoing: allowOnward(channel.encryptor),
    },
    handle: (message) => link.receive(message.payload),
  });
  router.flows.addConsumer(worker.mailbox.address, channel.flowControlId);
  const onward = [channel.encryptor, CONSTELLATION_ADDRESS];
  const link = new ChannelLink(channel, peerOf(channel.peer, options), worker.mailbox, onward, worker.stop);
  return link;
}

const NOT_THE_GATEWAY = denied('the message is not from the gateway of this link');

function peerOf(identifier: Identifier, { attributes, authority, clock }: AttestedPeers): LinkPeer {
  return {
    identifier,
    attributes: async () => {
      const entry = await attributes.get(identifier, authority, nowSeconds(clock));
      return entry && { values: attributeTexts(entry.attributes), expiresAtSeconds: entry.expiresAtSeconds };
    },
  };
}
