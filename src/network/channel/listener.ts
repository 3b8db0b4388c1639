import { SlotMap } from '../../kernel/index.ts';
import {
  type Address,
  addressName,
  allowAll,
  type FlowControlId,
  type LocalMessage,
  randomFlowControlId,
  type Sent,
  type Worker,
} from '../routing/index.ts';
import type { ChannelContext, ChannelEndOptions } from './context.ts';
import { ChannelError } from './errors.ts';
import { HandshakeEnd } from './handshake-end.ts';
import type { OpenChannel, SecureChannel } from './secure-channel.ts';

/** Ours: responders that wait for message 3, of one listener and of one entry point; the oldest makes room. */
const MAX_HALF_OPEN = 1024;
const MAX_HALF_OPEN_PER_SOURCE = 64;
/** Ours: so much of the room for channels is for those that came by one connection or through one channel. */
const SHARE_OF_ONE_SOURCE = 0.5;
/** Ours: how often channels are looked at; one whose way to the peer was gone at two looks in a row is closed. */
const SWEEP_MS = 60_000;

/** How to accept channels. */
export interface ChannelListenerOptions extends ChannelEndOptions {
  readonly address: Address;
  /** Channels that stand at a time, half of them by one way in; message 1 of more is ignored. Default 65 536. */
  readonly maxChannels?: number | undefined;
  readonly onChannel?: ((channel: SecureChannel) => void) | undefined;
}

/** Accepts channels at an address, each with an end of its own. */
export interface ChannelListener {
  readonly address: Address;
  /** Make a service a consumer of this to let the peers of all accepted channels reach it. */
  readonly flowControlId: FlowControlId;
  /** Channels that stand, oldest first; a new array. */
  readonly channels: readonly SecureChannel[];
  /** Accepts no more and gives up handshakes; channels that stand are left alone. */
  readonly close: () => void;
}

/**
 * Starts a listener (`secure-channel.md` §6.1): any message that comes to its address begins a handshake.
 *
 * That costs key agreements before the peer has shown anything, so the number of open handshakes is bounded, over all and
 * for each way in: a flood by one connection displaces its own handshakes, not those of others.
 * @throws {RoutingError} ROUTING_ADDRESS_IN_USE
 */
export function listenForChannels(context: ChannelContext, options: ChannelListenerOptions): ChannelListener {
  const { router } = context;
  const { address, maxChannels = 65_536 } = options;
  const flowControlId = randomFlowControlId(router.random);
  /** By the address of the decryptor. */
  const halfOpen = new SlotMap<{ readonly end: HandshakeEnd; readonly source: string }, string>();
  const channels = new SlotMap<OpenChannel, string>();
  /** How many of them came by each way in. */
  const standing = new Map<string, number>();
  const count = (source: string, change: number): void => {
    const now = (standing.get(source) ?? 0) + change;
    if (now === 0) standing.delete(source);
    else standing.set(source, now);
  };

  const displaceOldest = (source: string | undefined): void => {
    for (const [key, { end, source: from }] of halfOpen) {
      if (source !== undefined && from !== source) continue;
      halfOpen.delete(key);
      context.onEvent({ kind: 'handshake-displaced', channel: addressName(end.decryptor), role: 'responder' });
      end.fail(new ChannelError('CHANNEL_CLOSED', 'the handshake made room for a newer one'));
      return;
    }
  };

  const accept = (message: LocalMessage): Sent | void => {
    if (channels.size >= maxChannels) return undefined;
    const source = message.return[0]?.key ?? '';
    if ((standing.get(source) ?? 0) >= maxChannels * SHARE_OF_ONE_SOURCE) return undefined;
    let ofSource = 0;
    for (const other of halfOpen.values()) if (other.source === source) ofSource++;
    if (ofSource >= MAX_HALF_OPEN_PER_SOURCE) displaceOldest(source);
    else if (halfOpen.size >= MAX_HALF_OPEN) displaceOldest(undefined);
    const end = new HandshakeEnd(context, { ...options, role: 'responder', listener: { address, flowControlId } });
    const { key } = end.decryptor;
    halfOpen.set(key, { end, source });
    end.opened.then(
      (channel) => {
        halfOpen.delete(key);
        channels.set(key, channel);
        count(source, 1);
        void channel.closed.then(() => {
          channels.delete(key);
          count(source, -1);
        });
        options.onChannel?.(channel);
      },
      () => halfOpen.delete(key),
    );
    return worker.mailbox.send({ ...message, onward: [end.decryptor, ...message.onward.slice(1)] });
  };

  const worker: Worker = router.register({
    mailbox: { address, incoming: allowAll, outgoing: allowAll },
    handle: accept,
    onStop: () => cancelSweep(),
  });
  router.flows.addSpawner(address, flowControlId);

  // A peer may come back by another connection, so a lost one does not end its channel at once; but it must not stay for ever.
  let cutOff = new Set<OpenChannel>();
  const sweep = (): void => {
    const stillCutOff = new Set<OpenChannel>();
    for (const channel of channels.values()) {
      if (!channel.isCutOff()) continue;
      if (cutOff.has(channel)) channel.close();
      else stillCutOff.add(channel);
    }
    cutOff = stillCutOff;
    cancelSweep = router.clock.schedule(SWEEP_MS, sweep);
  };
  let cancelSweep = router.clock.schedule(SWEEP_MS, sweep);

  return {
    address,
    flowControlId,
    get channels() {
      return [...channels.values()];
    },
    close: () => {
      worker.stop();
      for (const { end } of halfOpen.values()) end.fail(new ChannelError('CHANNEL_CLOSED', 'the listener is closed'));
      halfOpen.clear();
    },
  };
}
