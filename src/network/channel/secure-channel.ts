import { equal } from '../../kernel/index.ts';
import {
  acceptRefreshCredentials,
  type CredentialAndPurposeKey,
  encodeCredentialAndPurposeKey,
  type RefreshCredentials,
} from '../../trust/credential/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import {
  type OpenedMessage,
  type Role,
  SEAL_OVERHEAD,
  SessionCipher,
  type HandshakeResult,
} from '../../trust/noise/index.ts';
import {
  type Address,
  addressName,
  allowAll,
  allowCarried,
  EMPTY_ROUTE,
  type FlowControlId,
  isExclusive,
  type LocalInfo,
  type LocalMessage,
  localMessage,
  markExclusive,
  partedMessage,
  type Mailbox,
  type OutboundMessage,
  prepend,
  releaseMemory,
  releasePayload,
  type Route,
  type Sent,
  type Worker,
} from '../routing/index.ts';
import type { ChannelContext, ChannelEndOptions } from './context.ts';
import { ChannelError } from './errors.ts';
import { type ChannelEvent, type EventOf, explain } from './events.ts';
import { type ChannelMessage, decodeMessage, encodeClose, encodePayload, encodeRefresh } from './plaintext.ts';
import type { PeerKind } from './recognition.ts';

/** Ours: up to this many bytes, copying them together costs less than sealing them one by one. */
const JOINED_BYTES = 4096;

/** An end of a channel that stands: what is sent to `encryptor` arrives at the peer, sealed on every hop in between. */
export interface SecureChannel {
  readonly role: Role;
  /** First hop of every route through the channel. */
  readonly encryptor: Address;
  /** Where sealed messages of the peer come in. */
  readonly decryptor: Address;
  /** Entry point: only consumers of this identifier, or of the listener's, are reached by the peer. */
  readonly flowControlId: FlowControlId;
  /** Who the handshake proved the peer to be. */
  readonly peer: Identifier;
  readonly peerKind: PeerKind;
  /** 32 bytes that only the two ends of this channel have in common; not secret. */
  readonly handshakeHash: Uint8Array;
  /** Settles when the channel is over at this end. */
  readonly closed: Promise<void>;
  /** Tells the peer, as far as it can be reached, and frees everything. Harmless when repeated. */
  readonly close: () => void;
  /** Initiator: leads messages to the peer another way, given as the route to the peer's node (`secure-channel.md` §6.3). */
  readonly moveTo: (path: Route) => void;
}

/** What a completed handshake hands over. */
export interface ChannelParts {
  readonly context: ChannelContext;
  readonly options: ChannelEndOptions;
  readonly result: HandshakeResult;
  readonly peer: Identifier;
  readonly peerKind: PeerKind;
  /** To the peer's decryptor, last hop. */
  readonly peerRoute: Route;
  /** Own addresses. */
  readonly encryptor: Address;
  readonly decryptor: Mailbox;
  /** In whose name opened messages go on. */
  readonly decryptorInternal: Mailbox;
  readonly flowControlId: FlowControlId;
  readonly spawnerId: FlowControlId | undefined;
  /** What was presented to the peer in the handshake. */
  readonly presented: CredentialAndPurposeKey | undefined;
}

/** Seals and opens the messages of one channel (`secure-channel.md` §4, §6). */
export class OpenChannel implements SecureChannel {
  readonly role: Role;
  readonly encryptor: Address;
  readonly decryptor: Address;
  readonly flowControlId: FlowControlId;
  readonly peer: Identifier;
  readonly peerKind: PeerKind;
  readonly handshakeHash: Uint8Array;
  readonly closed: Promise<void>;
  readonly #parts: ChannelParts;
  readonly #cipher: SessionCipher;
  readonly #localInfo: LocalInfo;
  readonly #encryptorWorker: Worker;
  readonly #peerDecryptor: Address;
  readonly #settle: () => void;
  readonly #stopRefreshing: () => void;
  #peerRoute: Route;
  /** Highest counter that has moved the route; responder only. */
  #routeCounter = 0;
  #presented: Uint8Array | undefined;
  #over = false;

  /** @param onOver called once when the channel ends, to free what the handshake made. */
  constructor(parts: ChannelParts, onOver: () => void) {
    const { context, options, result, peer } = parts;
    this.#parts = parts;
    this.role = result.role;
    this.encryptor = parts.encryptor;
    this.decryptor = parts.decryptor.address;
    this.flowControlId = parts.flowControlId;
    this.peer = peer;
    this.peerKind = parts.peerKind;
    this.handshakeHash = result.handshakeHash;
    this.#localInfo = { peerIdentifier: peer };
    this.#cipher = new SessionCipher(result);
    this.#peerRoute = parts.peerRoute;
    this.#peerDecryptor = parts.peerRoute.at(-1) ?? parts.encryptor;
    this.#presented = parts.presented && encodeCredentialAndPurposeKey(parts.presented);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    // By way of a constant, see the same in `handshake-end.ts`.
    const settle = (): void => {
      resolve();
      onOver();
    };
    this.#settle = settle;
    this.#encryptorWorker = context.router.register({
      mailbox: {
        address: this.encryptor,
        incoming: allowCarried,
        outgoing: allowAll,
        terminal: { peerIdentifier: peer },
      },
      handleParts: (message) => this.#seal(message),
      onStop: () => this.#end('here'),
    });
    context.router.flows.addProducer(
      { address: parts.decryptorInternal.address, id: this.flowControlId, spawnerId: parts.spawnerId },
      [this.encryptor],
    );
    this.#stopRefreshing = options.credential?.onChange((credential) => void this.#sendRefresh(credential)) ?? noop;
  }

  /** Opens one sealed message and passes on what is in it; a promise asks the sender to wait. */
  receive(message: LocalMessage): Sent | void {
    let opened: OpenedMessage;
    let inner: ChannelMessage;
    try {
      opened = this.#cipher.open(message.payload);
      releasePayload(message);
      inner = decodeMessage(opened.plaintext);
    } catch (error) {
      this.#event({ kind: 'message-refused', ...explain(error) });
      return undefined;
    }
    if (inner.kind === 'payload') {
      this.#learnRoute(opened.counter, message.return);
      const { onward, payload } = inner;
      const returnRoute = prepend(this.encryptor, inner.return);
      const passed = localMessage(onward, returnRoute, payload, this.#localInfo);
      // The cipher made the plaintext, and all of it that stays here are the routes, which are copies.
      if (payload.length > JOINED_BYTES) markExclusive(passed);
      return this.#parts.decryptorInternal.send(passed);
    }
    if (inner.kind === 'refresh') return this.#takeRefresh(inner.refresh);
    this.#end('peer');
    return undefined;
  }

  /** Whether the first hop to the peer is gone, so that nothing can be sent until the peer comes by another path. */
  isCutOff(): boolean {
    const first = this.#peerRoute[0];
    return first === undefined || !this.#parts.context.router.has(first);
  }

  moveTo = (path: Route): void => {
    this.#peerRoute = [...path, this.#peerDecryptor];
  };

  close = (): void => {
    if (this.#over) return;
    this.#sendOwn(encodeClose());
    this.#end('here');
  };

  #seal(message: OutboundMessage): Sent {
    const parts = encodePayload(message.onward.slice(1), message.return, message.payload);
    let sealed: OutboundMessage;
    try {
      // The return route must be empty: a responder makes its way back from what the hops in between put there.
      sealed = this.#sealed(parts, EMPTY_ROUTE);
    } catch (error) {
      this.#event({ kind: 'message-refused', ...explain(error) });
      this.#end('here');
      return undefined;
    }
    const { payload } = message;
    // What a channel inside this one had sealed.
    if (!(payload instanceof Uint8Array) && isExclusive(payload)) for (const part of payload) releaseMemory(part);
    return this.#encryptorWorker.mailbox.send(sealed);
  }

  /** Messages of the channel itself go with the encryptor as their return route. */
  #sendOwn(parts: Uint8Array[]): void {
    void this.#encryptorWorker.mailbox.send(this.#sealed(parts, [this.encryptor]));
  }

  /** One sealed message; a long one stays in pieces all the way to the socket. */
  #sealed(parts: readonly Uint8Array[], returnRoute: Route): OutboundMessage {
    let length = 0;
    for (const part of parts) length += part.length;
    if (length > JOINED_BYTES) {
      return partedMessage(this.#peerRoute, returnRoute, markExclusive(this.#cipher.sealParts(parts)));
    }
    const frame = new Uint8Array(length + SEAL_OVERHEAD);
    this.#cipher.sealInto(frame, 0, parts);
    return localMessage(this.#peerRoute, returnRoute, frame);
  }

  /** The initiator may come by another path; only an authentic message newer than any before moves the way back. */
  #learnRoute(counter: number, envelopeReturn: Route): void {
    if (this.role !== 'responder' || counter <= this.#routeCounter) return;
    this.#routeCounter = counter;
    const current = this.#peerRoute;
    const unchanged =
      current.length === envelopeReturn.length + 1 && envelopeReturn.every((hop, i) => hop.key === current[i]?.key);
    if (!unchanged) this.#peerRoute = [...envelopeReturn, this.#peerDecryptor];
  }

  async #takeRefresh(refresh: RefreshCredentials): Promise<void> {
    const { identities, attributes, isRevoked } = this.#parts.context;
    const { authority } = this.#parts.options;
    const authorities = authority === undefined ? [] : [authority];
    try {
      const presented = await acceptRefreshCredentials(refresh, this.peer, {
        identities,
        attributes,
        isRevoked,
        authorities,
      });
      for (const one of presented) {
        if (!one.accepted) this.#event({ kind: 'credential-refused', peer: this.peer, ...explain(one.cause) });
      }
      this.#event({ kind: 'refreshed', peer: this.peer });
    } catch (error) {
      this.#event({ kind: 'refresh-failed', peer: this.peer, ...explain(error) });
    }
  }

  async #sendRefresh(credential: CredentialAndPurposeKey): Promise<void> {
    const encoded = encodeCredentialAndPurposeKey(credential);
    if (this.#presented !== undefined && equal(this.#presented, encoded)) return;
    try {
      const { history } = await this.#parts.context.identities.get(this.#parts.options.identity);
      if (this.#over) return;
      this.#sendOwn(encodeRefresh({ history, credentials: [credential] }));
      this.#presented = encoded;
    } catch (error) {
      this.#event({ kind: 'refresh-failed', peer: this.peer, ...explain(error) });
    }
  }

  #end(by: 'here' | 'peer'): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopRefreshing();
    this.#cipher.close();
    this.#encryptorWorker.stop();
    this.#event({ kind: 'closed', peer: this.peer, by });
    this.#settle();
  }

  #event(event: EventOf<ChannelEvent>): void {
    this.#parts.context.onEvent({ channel: addressName(this.decryptor), role: this.role, ...event });
  }
}

/** What every use of a channel that is over fails with. */
export function channelClosed(): ChannelError {
  return new ChannelError('CHANNEL_CLOSED', 'the secure channel is closed');
}

function noop(): void {
  // There is nothing to take back.
}
