import type { Identifier } from '../../trust/identity/index.ts';
import type { SecureChannel } from '../../network/channel/index.ts';
import { type RelayEvent, startRelayService } from '../../network/relay/index.ts';
import { allowAll, startEcho } from '../../network/routing/index.ts';
import { type FrontDoorOptions, openFrontDoor } from '../front-door.ts';
import { startRelayWatch } from './relay-watch.ts';
import { guardMembership, type MembershipContext, mayRegisterRelay } from './membership.ts';

/** What happens at a project node, for the local log. */
export type ProjectNodeEvent =
  | { readonly kind: 'relay'; readonly event: RelayEvent }
  /** A peer without a valid credential of the project; its channel is closed. */
  | { readonly kind: 'stranger'; readonly peer: Identifier }
  /** The store of attributes failed. */
  | { readonly kind: 'failed'; readonly error: unknown };

/** A project node to start; `authority` is the project's, its history must be known. */
export interface ProjectNodeOptions extends Omit<FrontDoorOptions, 'authority' | 'onChannel'> {
  readonly authority: Identifier;
  /** Who may keep a channel, reach others through relays and use `echo`. Default: members. */
  readonly access?: 'members' | 'everyone' | undefined;
  /** Default 16 384. */
  readonly maxRelays?: number | undefined;
  /** Told of all that happens. Must not throw. */
  readonly onEvent: (event: ProjectNodeEvent) => void;
}

/** A running project node. */
export interface ProjectNode {
  readonly identifier: Identifier;
  /** Where it really listens. */
  readonly at: string;
  /** Names of the relays that stand. */
  readonly relays: () => readonly string[];
  /** Ends its services, relays, channels and connections. */
  readonly close: () => Promise<void>;
}

/**
 * Starts the node of a project (`project.md` §1, §6): members that can only dial out meet at its relays.
 *
 * Deviation: the reference lets everybody reach everybody through relays; here a channel without a valid credential is closed.
 * @throws {TransportError} TRANSPORT_LISTEN_FAILED, TRANSPORT_INVALID_ADDRESS · {RoutingError} ROUTING_ADDRESS_IN_USE
 */
export async function startProjectNode(options: ProjectNodeOptions): Promise<ProjectNode> {
  const { channels, identity, authority, access = 'members', maxRelays, onEvent } = options;
  const { router, attributes } = channels;
  const membership: MembershipContext = { router, attributes, authority };

  const onChannel = (channel: SecureChannel): void => {
    // Asking for the names removes the relays whose clients are gone, which this channel's may be.
    void channel.closed.then(() => {
      watches.forget(channel.encryptor);
      relays.names();
    });
    if (access === 'everyone') return;
    guardMembership(channel, membership, {
      onStranger: (peer) => onEvent({ kind: 'stranger', peer }),
      onError: (error) => onEvent({ kind: 'failed', error }),
    });
  };
  const door = await openFrontDoor({ ...options, onChannel });
  const watches = startRelayWatch(router);
  door.admit(watches.worker);
  const relays = startRelayService(router, {
    mayRegister: (name, peer) => mayRegisterRelay(name, peer, membership),
    reachableFrom: [door.listener.flowControlId],
    maxRelays,
    onEvent: (event) => {
      if (event.kind === 'removed' || event.kind === 'replaced') watches.tell(event.name);
      onEvent({ kind: 'relay', event });
    },
  });
  const echo = startEcho(router, { incoming: allowAll });
  door.admit(echo);
  return {
    identifier: identity,
    at: door.at,
    relays: relays.names,
    close: async () => {
      relays.stop();
      watches.stop();
      echo.stop();
      await door.close();
    },
  };
}
