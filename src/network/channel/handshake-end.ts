/**
 * One end of a handshake, either role (`secure-channel.md` §2, §6.1).
 *
 * 1. Initiator: sends message 1, announcing itself. Responder: is made by the listener for message 1.
 * 2. Responder: learns the way back, sends message 2 with its identity and credential.
 * 3. Initiator: verifies the responder, only then shows itself in message 3; its channel is open.
 * 4. Responder: verifies the initiator; its channel is open.
 *
 * What fails is told to the local log and to nobody else. A message that is not authentic changes nothing and the
 * handshake waits on; a peer that is authentic but not acceptable ends it.
 */
import { type CredentialAndPurposeKey, verifyPeer, type VerifiedPeer } from '../../trust/credential/index.ts';
import type { OwnPurposeKey } from '../../trust/identity/index.ts';
import { Handshake, type Role, runWithVault, type VaultSteps } from '../../trust/noise/index.ts';
import type { Cancel } from '../../kernel/index.ts';
import {
  type Address,
  addressName,
  allowAll,
  denyAll,
  type FlowControlId,
  type LocalMessage,
  localMessage,
  randomAddress,
  randomFlowControlId,
  type Route,
  type Sent,
  type Worker,
} from '../routing/index.ts';
import type { ChannelContext, ChannelEndOptions } from './context.ts';
import { noCredential } from './credential-source.ts';
import { ChannelError } from './errors.ts';
import { type ChannelEvent, type EventOf, explain } from './events.ts';
import { ownPayload } from './own-payload.ts';
import { decodeAnnouncement, encodeAnnouncement, OCKAM_PEER, type PeerKind } from './recognition.ts';
import { channelClosed, OpenChannel } from './secure-channel.ts';

/** Specification: how long the initiator waits. Ours: the reference's responder waits for ever. */
const TIMEOUT_MS: Record<Role, number> = { initiator: 120_000, responder: 30_000 };

/** A handshake to run. */
export interface HandshakeEndOptions extends ChannelEndOptions {
  readonly role: Role;
  /** Initiator: say that we are a Perigee node. Default true. */
  readonly announce?: boolean | undefined;
  /** Responder: the listener. */
  readonly listener?: { readonly address: Address; readonly flowControlId: FlowControlId } | undefined;
}

/** A handshake and, when it succeeds, the channel that comes of it. */
export class HandshakeEnd {
  readonly role: Role;
  /** Where handshake and sealed messages of the peer come in. */
  readonly decryptor: Address;
  /** The open channel; rejects when the handshake ends without one. */
  readonly opened: Promise<OpenChannel>;
  readonly #context: ChannelContext;
  readonly #options: HandshakeEndOptions;
  readonly #encryptor: Address;
  readonly #flowControlId: FlowControlId;
  readonly #worker: Worker;
  readonly #resolve: (channel: OpenChannel) => void;
  readonly #reject: (error: ChannelError) => void;
  readonly #cancelTimeout: Cancel;
  #handshake: Handshake | undefined;
  #key: OwnPurposeKey | undefined;
  #peerRoute: Route = [];
  #peerKind: PeerKind = OCKAM_PEER;
  #presented: CredentialAndPurposeKey | undefined;
  #channel: OpenChannel | undefined;
  #resolved = false;
  #over = false;

  constructor(context: ChannelContext, options: HandshakeEndOptions) {
    const { router } = context;
    const { role, listener } = options;
    this.role = role;
    this.#context = context;
    this.#options = options;
    this.decryptor = randomAddress(router.random);
    const decryptorInternal = randomAddress(router.random);
    this.#encryptor = randomAddress(router.random);
    this.#flowControlId = randomFlowControlId(router.random);
    const { promise, resolve, reject } = Promise.withResolvers<OpenChannel>();
    this.opened = promise;
    // A responder's failure is an event, and nobody need wait for it.
    promise.catch(() => undefined);
    // A function written straight into a property is made in the old generation by the engine, where it and all that it refers
    // to, this end, stay until a full collection.
    const settle = (channel: OpenChannel): void => {
      this.#resolved = true;
      resolve(channel);
    };
    this.#resolve = settle;
    this.#reject = reject;
    this.#worker = router.register({
      mailbox: { address: this.decryptor, incoming: allowAll, outgoing: allowAll },
      additional: [
        {
          address: decryptorInternal,
          incoming: denyAll,
          outgoing: router.flows.control(this.#flowControlId, listener?.flowControlId),
        },
      ],
      handle: (message) => this.#handle(message),
      onStop: () => this.#stopped(),
    });
    if (listener !== undefined) router.flows.inheritConsumer(this.decryptor, listener.address);
    this.#cancelTimeout = router.clock.schedule(options.timeoutMs ?? TIMEOUT_MS[role], () => {
      this.#event({ kind: 'handshake-timed-out' });
      this.fail(new ChannelError('CHANNEL_TIMED_OUT', 'the peer did not complete the handshake in time'));
    });
  }

  /** Initiator: sends message 1 along `route`, whose last hop is the peer's listener. */
  async begin(route: Route): Promise<void> {
    const { flows } = this.#context.router;
    flows.admitReplies(this.decryptor, route[0]);
    try {
      const handshake = await this.#prepare();
      const announcement = this.#options.announce === false ? undefined : encodeAnnouncement();
      const message = await this.#run(handshake.write(announcement));
      const sent = this.#send(route, message);
      if (sent !== undefined && !(sent instanceof Promise)) {
        this.fail(new ChannelError('CHANNEL_UNREACHABLE', `the first hop did not take the message: ${sent.detail}`));
      }
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Ends the handshake without a channel; harmless when it is over. */
  fail(error: ChannelError): void {
    if (this.#over || this.#channel !== undefined) return;
    this.#reject(error);
    this.#worker.stop();
  }

  #handle(message: LocalMessage): Sent | void {
    return this.#channel === undefined ? this.#continue(message) : this.#channel.receive(message);
  }

  async #continue(message: LocalMessage): Promise<void> {
    try {
      const first = this.#handshake === undefined;
      const handshake = this.#handshake ?? (await this.#prepare());
      let payload: Uint8Array;
      try {
        payload = await this.#run(handshake.read(message.payload));
      } catch (error) {
        if (first) throw error;
        this.#event({ kind: 'message-refused', ...explain(error) });
        return;
      }
      if (this.role === 'initiator') await this.#onMessage2(handshake, message, payload);
      else if (first) await this.#onMessage1(handshake, message, payload);
      else await this.#onMessage3(handshake, payload);
    } catch (error) {
      this.#refuse(error);
    }
  }

  async #onMessage1(handshake: Handshake, message: LocalMessage, payload: Uint8Array): Promise<void> {
    this.#peerRoute = message.return;
    this.#peerKind = decodeAnnouncement(payload);
    const answer = this.#peerKind.kind === 'perigee' ? encodeAnnouncement() : undefined;
    const own = await this.#ownPayload(answer);
    this.#presented = own.credential;
    void this.#send(this.#peerRoute, await this.#run(handshake.write(own.payload)));
  }

  async #onMessage2(handshake: Handshake, message: LocalMessage, payload: Uint8Array): Promise<void> {
    const peer = await this.#verify(handshake, payload);
    this.#peerKind = decodeAnnouncement(peer.extension);
    this.#peerRoute = message.return;
    const own = await this.#ownPayload(undefined);
    this.#presented = own.credential;
    const message3 = await this.#run(handshake.write(own.payload));
    // The channel is open before message 3 leaves: the peer's first sealed message may be right behind it.
    const channel = this.#open(handshake, peer);
    if (channel === undefined) return;
    void this.#send(this.#peerRoute, message3);
    this.#resolve(channel);
  }

  async #onMessage3(handshake: Handshake, payload: Uint8Array): Promise<void> {
    const peer = await this.#verify(handshake, payload);
    const channel = this.#open(handshake, peer);
    if (channel !== undefined) this.#resolve(channel);
  }

  async #prepare(): Promise<Handshake> {
    this.#key = await this.#context.purposeKeys.current(this.#options.identity, 'secure-channel');
    // A handshake that is made now would be abandoned by nobody, and its ephemeral key would stay in the vault.
    if (this.#over) throw channelClosed();
    const staticKey = this.#key.content.publicKey;
    if (staticKey.kind !== 'secure-channel') throw new TypeError('the purpose key is not one for secure channels');
    this.#handshake = new Handshake({ role: this.role, staticKey: staticKey.key });
    return this.#handshake;
  }

  async #ownPayload(
    extension: Uint8Array | undefined,
  ): Promise<{ payload: Uint8Array; credential: CredentialAndPurposeKey | undefined }> {
    const { credential: source = noCredential } = this.#options;
    let credential: CredentialAndPurposeKey | undefined;
    try {
      credential = await source.current();
    } catch (cause) {
      throw new ChannelError('CHANNEL_NO_CREDENTIAL', 'the credential to present cannot be had', { cause });
    }
    if (this.#key === undefined) throw channelClosed();
    return { payload: ownPayload(this.#key, credential, extension), credential };
  }

  async #verify(handshake: Handshake, payload: Uint8Array): Promise<VerifiedPeer & { trusted: true }> {
    const { identities, attributes, isRevoked } = this.#context;
    const { trust, authority } = this.#options;
    const staticKey = handshake.remoteStaticKey;
    if (staticKey === undefined) throw channelClosed();
    const authorities = authority === undefined ? [] : [authority];
    const peer = await verifyPeer(payload, { identities, attributes, isRevoked, trust, authorities, staticKey });
    if (!peer.trusted) {
      throw new ChannelError('CHANNEL_PEER_REFUSED', `the trust policy refuses the peer: ${peer.reason}`);
    }
    for (const one of peer.credentials) {
      if (!one.accepted) this.#event({ kind: 'credential-refused', peer: peer.identifier, ...explain(one.cause) });
    }
    return peer;
  }

  /** Undefined when the end came while the peer was being verified. */
  #open(handshake: Handshake, peer: VerifiedPeer & { trusted: true }): OpenChannel | undefined {
    if (this.#over) return undefined;
    this.#cancelTimeout();
    const [decryptorInternal] = this.#worker.additional;
    if (decryptorInternal === undefined) throw channelClosed();
    const parts = {
      context: this.#context,
      options: this.#options,
      result: handshake.finish(),
      peer: peer.identifier,
      peerKind: this.#peerKind,
      peerRoute: this.#peerRoute,
      encryptor: this.#encryptor,
      decryptor: this.#worker.mailbox,
      decryptorInternal,
      flowControlId: this.#flowControlId,
      spawnerId: this.#options.listener?.flowControlId,
      presented: this.#presented,
    };
    this.#channel = new OpenChannel(parts, () => this.#worker.stop());
    this.#event({ kind: 'established', peer: peer.identifier, peerKind: this.#peerKind });
    this.#context.onOpen?.(this.#channel);
    return this.#channel;
  }

  #send(route: Route, payload: Uint8Array): Sent {
    return this.#worker.mailbox.send(localMessage(route, [this.decryptor], payload));
  }

  #run<T>(steps: VaultSteps<T>): Promise<T> {
    return runWithVault(this.#context.vault, steps);
  }

  #refuse(error: unknown): void {
    if (this.#over) return;
    this.#event({ kind: 'handshake-refused', ...explain(error) });
    const cause = error instanceof Error ? error : undefined;
    this.fail(
      error instanceof ChannelError
        ? error
        : new ChannelError('CHANNEL_PEER_REFUSED', 'the handshake did not come to its end', { cause }),
    );
  }

  /** By whomever the worker was stopped: nothing of this end is left. */
  #stopped(): void {
    this.#over = true;
    this.#cancelTimeout();
    if (!this.#resolved) this.#reject(channelClosed());
    this.#channel?.close();
    const { vault } = this.#context;
    if (this.#channel === undefined && this.#handshake !== undefined) {
      runWithVault(vault, this.#handshake.abandon()).catch((error: unknown) =>
        this.#event({ kind: 'message-refused', ...explain(error) }),
      );
    }
  }

  #event(event: EventOf<ChannelEvent>): void {
    this.#context.onEvent({ channel: addressName(this.decryptor), role: this.role, ...event });
  }
}
