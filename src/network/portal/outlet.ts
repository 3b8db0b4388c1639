import type { Socket } from 'node:net';
import {
  type Address,
  addressName,
  type FlowControlId,
  type LocalMessage,
  localAddress,
  localMessage,
  type Router,
  type Worker,
} from '../routing/index.ts';
import { attempt } from '../session/index.ts';
import { type PortalAccess, portalControls } from './access.ts';
import { PortalConnection } from './connection.ts';
import { PortalError } from './errors.ts';
import type { PortalEvent } from './events.ts';
import { decodePortalMessage, DISCONNECT } from './portal-message.ts';

/** Ours: connections of an outlet, and how many of them may be of one peer or have come by one way; the same for those not made yet. */
const MAX_CONNECTIONS = 4096;
const MAX_DIALLING = 512;
const SHARE_OF_ONE = 0.5;

/** Who takes up room: the way it came by and, behind a channel, the peer, which can open many. */
interface Guest {
  readonly entry: Address;
  readonly peer: string | undefined;
}

/** Ours: how long the target may take to accept, in milliseconds. */
const DIAL_TIMEOUT_MS = 10_000;

/** Ours: how often it is looked whether the channels of idle connections are still there, in milliseconds. */
const SWEEP_MS = 10_000;

/**
 * Connects to the target of an outlet. Whether it may is the business of who passes this in; nothing that a peer sent
 * decides where it goes. @returns a connected socket that nobody reads yet and that the portal owns from then on.
 */
export type Dial = (signal: AbortSignal) => Promise<Socket>;

/** An outlet to start. */
export interface OutletOptions extends PortalAccess {
  /** Default: `outlet`. */
  readonly address?: Address | undefined;
  readonly dial: Dial;
  /** Entry points that may reach it: of listeners for channels or connections. */
  readonly reachableFrom: readonly FlowControlId[];
  /** Must not throw. */
  readonly onEvent: (event: PortalEvent) => void;
  /** Default 4096; half of them for one peer, and by one channel or connection. */
  readonly maxConnections?: number | undefined;
  /** Milliseconds. Default 10 000. */
  readonly dialTimeoutMs?: number | undefined;
}

/** A worker that connects whoever may reach it to its target. */
export interface Outlet {
  readonly address: Address;
  /** How many connections stand. */
  readonly connections: () => number;
  /** Takes no more Pings; connections that stand are left alone. */
  readonly close: () => void;
  /** Ends all connections that stand. */
  readonly disconnect: () => void;
}

/**
 * Starts an outlet (`portal.md` §2, §3, §6): each Ping that passes its controls becomes one connection to the target.
 * @throws {RoutingError} ROUTING_ADDRESS_IN_USE
 */
export function startOutlet(router: Router, options: OutletOptions): Outlet {
  const { dial, reachableFrom, onEvent, maxConnections = MAX_CONNECTIONS, dialTimeoutMs = DIAL_TIMEOUT_MS } = options;
  const address = options.address ?? localAddress('outlet');
  const controls = portalControls(router, options);
  const connections = new Map<PortalConnection, Guest>();
  /** Whose the Pings are whose target has not accepted yet. */
  const dialling = new Set<Guest>();
  const closing = new AbortController();
  let cancelSweep = (): void => undefined;

  /** A channel that is gone says nothing to those that wait for its next message. */
  const sweep = (): void => {
    for (const connection of connections.keys()) {
      const hop = connection.firstHop;
      if (hop === undefined || !router.has(hop)) connection.end({ reason: 'way-lost' });
    }
    if (connections.size > 0) cancelSweep = router.clock.schedule(SWEEP_MS, sweep);
  };

  const begin = (socket: Socket, ping: LocalMessage, guest: Guest): void => {
    const connection: PortalConnection = new PortalConnection({
      router,
      controls,
      socket,
      route: ping.return,
      entry: guest.entry,
      onEvent,
      onLife: () => undefined,
      onOver: () => {
        connections.delete(connection);
        if (connections.size === 0) cancelSweep();
      },
    });
    connections.set(connection, guest);
    if (connections.size === 1) cancelSweep = router.clock.schedule(SWEEP_MS, sweep);
    connection.answer(guest.peer);
  };

  /** A peer that waits should not do so in vain. Stock inlets ignore this. */
  const refuse = (ping: LocalMessage, reason: string): void => {
    onEvent({ kind: 'refused', peer: ping.localInfo?.peerIdentifier, reason });
    void worker.mailbox.send(localMessage(ping.return, [address], DISCONNECT));
  };

  const tooMany = (guest: Guest): string | undefined => {
    const [waiting, waitingOfAll] = [mostOf(guest, dialling), dialling.size];
    if (waitingOfAll >= MAX_DIALLING || waiting >= MAX_DIALLING * SHARE_OF_ONE) {
      return 'too many connections wait for the target';
    }
    const standing = mostOf(guest, [...connections.values(), ...dialling]);
    if (connections.size + waitingOfAll >= maxConnections || standing >= maxConnections * SHARE_OF_ONE) {
      return 'too many connections stand';
    }
    return undefined;
  };

  const accept = (ping: LocalMessage, entry: Address): void => {
    if (ping.return.length === 0) {
      onEvent({ kind: 'message-refused', connection: addressName(address), reason: 'a Ping has no way back' });
      return;
    }
    const guest: Guest = { entry, peer: ping.localInfo?.peerIdentifier };
    const full = tooMany(guest);
    if (full !== undefined) return refuse(ping, full);
    dialling.add(guest);
    const connected = attempt({
      clock: router.clock,
      timeoutMs: dialTimeoutMs,
      signal: closing.signal,
      what: 'connecting to the target',
      start: dial,
      discard: (socket) => socket.destroy(),
    });
    connected.then(
      (socket) => {
        dialling.delete(guest);
        begin(socket, ping, guest);
      },
      (error: Error) => {
        dialling.delete(guest);
        if (!closing.signal.aborted) refuse(ping, error.message);
      },
    );
  };

  const worker: Worker = router.register({
    mailbox: { address, ...controls },
    handle: (message, _to, source) => {
      const refusal = whyNoPing(message.payload);
      // Hops behind the own address are passed over: stock inlets name the outlet twice after they reconnected.
      if (refusal === undefined) accept(message, source);
      else onEvent({ kind: 'message-refused', connection: addressName(address), reason: refusal });
    },
    onStop: () => closing.abort(new Error('the outlet is closed')),
  });
  for (const id of reachableFrom) router.flows.addConsumer(address, id);

  return {
    address,
    connections: () => connections.size,
    close: worker.stop,
    disconnect: () => {
      for (const connection of connections.keys()) connection.end({ reason: 'stopped' });
    },
  };
}

function whyNoPing(payload: Uint8Array): string | undefined {
  try {
    const { kind } = decodePortalMessage(payload);
    return kind === 'ping' ? undefined : `a ${kind} for a connection came to the outlet`;
  } catch (error) {
    if (error instanceof PortalError) return error.message;
    throw error;
  }
}

/** How many of `guests` came by the same way as `guest`, or are of the same peer: the larger of the two. */
function mostOf(guest: Guest, guests: Iterable<Guest>): number {
  let [byEntry, byPeer] = [0, 0];
  for (const { entry, peer } of guests) {
    if (entry.key === guest.entry.key) byEntry++;
    if (peer !== undefined && peer === guest.peer) byPeer++;
  }
  return Math.max(byEntry, byPeer);
}
