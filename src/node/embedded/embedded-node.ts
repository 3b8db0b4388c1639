import { isIPv6 } from 'node:net';
import { quoted } from '../../kernel/index.ts';
import { type ChannelListener, type CredentialSource, listenForChannels } from '../../network/channel/index.ts';
import { type Inlet, openInlet, type Outlet, startOutlet } from '../../network/portal/index.ts';
import { keepRelay, type RelayState } from '../../network/relay/index.ts';
import {
  type Address,
  allowAll,
  dialHost,
  localAddress,
  type MultiAddr,
  parseHostnamePort,
  parseMultiAddr,
  startEcho,
} from '../../network/routing/index.ts';
import type { Listener } from '../../network/transport/index.ts';
import { trustEveryone } from '../../trust/credential/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import { NodeError } from '../errors.ts';
import { Entrances, logPortal, openWay, targetDialer, type Way, withTimeLimit } from '../general/index.ts';
import { decisionOf, trustIn } from './admission.ts';
import { issue, type PresentedCredential, type Stated, verify } from './credentials.ts';
import type { Inside } from './inside.ts';
import { NodeChannel } from './node-channel.ts';
import { type Answer, startService } from './service.ts';
import type { Allow, InletOptions, IssueOptions, OutletOptions, RelayOptions, WayOptions } from './options.ts';

/** Where a node accepts channels. */
const LISTENER = 'api';
/** Ours: how long opening a way may take, milliseconds. */
const WAY_MS = 30_000;

/** Something of a node that can be taken away again; it goes with the node at the latest. */
export interface Closeable {
  readonly close: () => void;
}

/** A relay that is kept registered. */
export interface NodeRelay {
  /** The route to this node by the relay: `<at>/service/forward_to_<name>/secure/api`. */
  readonly address: string;
  readonly isUp: () => boolean;
  readonly close: () => Promise<void>;
}

/** Of what a node is made. */
export interface EmbeddedNodeParts {
  readonly inside: Inside;
  /** Change history of the identity, hex. */
  readonly history: string;
  readonly presented: PresentedCredential;
  readonly entrance: Listener | undefined;
  /** Closes what was opened for it. */
  readonly open: AsyncDisposableStack;
}

/**
 * A node inside a program: it has an identity, opens secure channels, gives services and takes those of others. Made by
 * `openNode`; to be closed. Others reach only what was opened for them, and only by a secure channel.
 */
export class EmbeddedNode implements AsyncDisposable {
  /** Its change history, hex: by it others verify what this node issues. Not secret. */
  readonly history: string;
  readonly #inside: Inside;
  readonly #presented: PresentedCredential;
  readonly #entrance: Listener | undefined;
  readonly #entrances: Entrances;
  readonly #listener: ChannelListener;
  readonly #channels = new Set<NodeChannel>();
  readonly #open: AsyncDisposableStack;

  constructor({ inside, history, presented, entrance, open }: EmbeddedNodeParts) {
    this.history = history;
    this.#inside = inside;
    this.#presented = presented;
    this.#entrance = entrance;
    this.#open = open;
    const { router, channels } = inside.core;
    this.#entrances = new Entrances(router.flows);
    this.#listener = listenForChannels(channels, {
      address: localAddress(LISTENER),
      identity: inside.identity,
      // Who it is decides what it may use, at each message.
      trust: trustEveryone,
      authority: inside.authority,
      credential: this.#credential,
    });
    if (entrance !== undefined) this.#entrances.open(entrance.flowControlId, 'tcp');
    this.#entrances.open(this.#listener.flowControlId, 'channel');
    this.#entrances.admit(this.#listener.address, ['tcp', 'channel']);
    // Inlets and relays of others ask it whether this node is still there.
    const echo = startEcho(router, { incoming: allowAll });
    this.#entrances.admit(echo.mailbox.address, ['channel']);
  }

  /** Its identity. */
  get identifier(): Identifier {
    return this.#inside.identity;
  }

  /**
   * The route by which others open channels to it: `/ip4/127.0.0.1/tcp/4000/secure/api`.
   * @throws {NodeError} NODE_ROUTE when it does not listen
   */
  get address(): string {
    if (this.#entrance === undefined) {
      throw new NodeError('NODE_ROUTE', 'the node does not listen, so no route leads to it', {
        remedy: 'open it with a place to listen at, or give it a relay',
      });
    }
    const place = parseHostnamePort(this.#entrance.at);
    const host = dialHost(place);
    return `/${isIPv6(host) ? 'ip6' : 'ip4'}/${host}/tcp/${place.port}/secure/${LISTENER}`;
  }

  /**
   * Opens a secure channel.
   * @param to a route whose last channel is the one: `/ip4/192.0.2.1/tcp/4000/secure/api`.
   * @throws {NodeError} NODE_ROUTE for a route without one, or when it takes too long · {TransportError | ChannelError}
   */
  async channel(to: string, { peer, timeoutMs = WAY_MS }: WayOptions): Promise<NodeChannel> {
    const address = parseMultiAddr(to);
    if (address.at(-1)?.protocol !== 'secure') {
      throw new NodeError('NODE_ROUTE', `the route ${quoted(to)} does not end at a listener for secure channels`, {
        remedy: 'end it with /secure/api',
      });
    }
    const { router } = this.#inside.core;
    const way = await withTimeLimit(router.clock, timeoutMs, `the secure channel to ${to}`, (signal) =>
      this.#way(address, peer, signal),
    );
    const channel = new NodeChannel(router, way, requireChannel(way, to));
    this.#channels.add(channel);
    void channel.closed.then(() => this.#channels.delete(channel));
    return channel;
  }

  /**
   * Answers requests at `name`. What `answer` throws is in the log, and the peer hears nothing.
   * @throws {RoutingError} ROUTING_ADDRESS_IN_USE · {IdentityError | PolicyError} for what is wrong in `allow`
   */
  serve(name: string, allow: Allow, answer: Answer): Closeable {
    const address = localAddress(name);
    // Of the kinds of resources that policies know, the one that answers.
    const decide = decisionOf(this.#inside, allow, { type: 'echoer', name });
    return this.#offered(address, startService(this.#inside.core, address, decide, answer).stop);
  }

  /**
   * Lets others connect to `to`, by inlets of theirs that lead to `name`.
   * @throws {RoutingError} ROUTING_ADDRESS_IN_USE, ROUTING_INVALID_HOSTNAME_PORT · as {@link serve}
   */
  outlet(name: string, { to, tls = false, allow }: OutletOptions): Closeable {
    const { router, log } = this.#inside.core;
    const decide = decisionOf(this.#inside, allow, { type: 'tcp-outlet', name });
    const outlet: Outlet = startOutlet(router, {
      address: localAddress(name),
      dial: targetDialer(parseHostnamePort(to), tls),
      incoming: decide,
      outgoing: decide,
      reachableFrom: [],
      onEvent: (event) => logPortal(log, `the outlet ${name}`, event),
    });
    return this.#offered(outlet.address, () => {
      outlet.close();
      outlet.disconnect();
    });
  }

  /**
   * Listens here for applications, and leads them to an outlet. Resolves when there is a way to the outlet's node, or when
   * `timeoutMs` is over; a way that is not there, or is lost, is looked for again and again.
   * @throws {NodeError} NODE_ROUTE · {PortalError} PORTAL_INVALID_ADDRESS, PORTAL_LISTEN_FAILED
   */
  async inlet({ listen, to, peer, timeoutMs = WAY_MS }: InletOptions): Promise<Inlet> {
    const { router, log } = this.#inside.core;
    const address = parseMultiAddr(to);
    const outlet = address.at(-1);
    const way = address.slice(0, -1);
    if (outlet?.protocol !== 'service' || !way.some(({ protocol }) => protocol === 'secure')) {
      throw new NodeError('NODE_ROUTE', `the route ${quoted(to)} does not lead by a secure channel to an outlet`, {
        remedy: 'end it with /secure/api/service/OUTLET',
      });
    }
    trustIn(peer);
    const { promise: isUp, resolve } = Promise.withResolvers<void>();
    const inlet = await openInlet(router, {
      listen,
      outlet: localAddress(outlet.value),
      // The channel leads to nobody else.
      incoming: 'anyone',
      outgoing: 'anyone',
      connect: (signal) => this.#way(way, peer, signal),
      onEvent: (event) => {
        if (event.kind === 'up') resolve();
        logPortal(log, `the inlet at ${listen}`, event);
      },
    });
    await Promise.race([isUp, this.#elapsed(timeoutMs)]);
    return inlet;
  }

  /**
   * Keeps a relay at another node, by which this one is reached without listening. Resolves as {@link inlet}.
   * @throws {NodeError} NODE_ROUTE
   */
  async relay(name: string, { at, peer, timeoutMs = WAY_MS }: RelayOptions): Promise<NodeRelay> {
    const { router, log } = this.#inside.core;
    const address = parseMultiAddr(at);
    if (address.length === 0)
      throw new NodeError('NODE_ROUTE', 'a relay is at another node, and the route leads to none');
    trustIn(peer);
    const { promise: isUp, resolve } = Promise.withResolvers<void>();
    let state: RelayState = { up: false, reason: 'not registered yet' };
    const session = keepRelay(router, {
      name,
      connect: async (signal) => {
        const way = await this.#way(address, peer, signal);
        const { entry } = way;
        if (entry !== undefined) {
          // Whoever comes by the relay is a stranger: only a channel shows who it is.
          this.#entrances.open(entry, 'tcp');
          void way.closed.then(() => this.#entrances.close(entry));
        }
        return way;
      },
      onState: (now) => {
        state = now;
        if (now.up) resolve();
        else log.warn('the relay {name} is not registered at {at}: {reason}', { name, at, reason: now.reason });
      },
    });
    await Promise.race([isUp, this.#elapsed(timeoutMs)]);
    return {
      address: `${at}/service/forward_to_${name}/secure/${LISTENER}`,
      isUp: () => state.up,
      close: () => {
        state = { up: false, reason: 'closed here' };
        return session.close();
      },
    };
  }

  /**
   * Issues a credential, hex: this node attests these attributes of `subject`, for those who take it for an authority.
   * @throws {IdentityError} · {RangeError} · {CredentialError} CREDENTIAL_TOO_LONG
   */
  issueCredential(options: IssueOptions): Promise<string> {
    return issue(this.#inside, options);
  }

  /**
   * Verifies a credential of one issuer, named by its change history (hex).
   * @throws {CredentialError | IdentityError} for one that is not valid
   */
  verifyCredential(credential: string, issuer: string): Promise<Stated> {
    return verify(this.#inside, credential, issuer);
  }

  /**
   * Presents a credential, hex, on all channels from now on; a member of a project presents the project's.
   * @throws {NodeError} NODE_INPUT for a member of a project · {CredentialError} CREDENTIAL_DECODE_FAILED
   */
  presentCredential(credential: string): void {
    if (this.#inside.membership !== undefined) {
      throw new NodeError('NODE_INPUT', 'a member of a project presents the credential of the project');
    }
    this.#presented.present(credential);
  }

  /** Ends everything; harmless when repeated. */
  async close(): Promise<void> {
    for (const channel of this.#channels) channel.close();
    this.#listener.close();
    for (const channel of this.#listener.channels) channel.close();
    await this.#open.disposeAsync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #credential(): CredentialSource {
    return this.#inside.membership?.credential ?? this.#presented;
  }

  #way(address: MultiAddr, peer: WayOptions['peer'], signal: AbortSignal): Promise<Way> {
    const { authority } = this.#inside;
    return openWay(this.#inside, address, { trust: trustIn(peer), credential: this.#credential, authority, signal });
  }

  #offered(address: Address, stop: () => void): Closeable {
    this.#entrances.admit(address, ['channel']);
    return {
      close: () => {
        this.#entrances.forget(address);
        stop();
      },
    };
  }

  #elapsed(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#inside.core.router.clock.schedule(timeoutMs, resolve);
    });
  }
}

function requireChannel({ channel, close }: Way, to: string): NonNullable<Way['channel']> {
  if (channel !== undefined) return channel;
  close();
  throw new NodeError('NODE_ROUTE', `the route ${quoted(to)} opened no secure channel`);
}
