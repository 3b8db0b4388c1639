import { BareError, decodeBareString, encodeBareString } from '../../kernel/bare/index.ts';
import { quoted, toHex } from '../../kernel/index.ts';
import {
  type AccessControl,
  type Address,
  addressName,
  ALLOWED,
  allowAll,
  allowCarried,
  allowOnward,
  denied,
  type FlowControlId,
  type LocalMessage,
  localAddress,
  localMessage,
  type Route,
  type Router,
  type Sent,
  type Verdict,
  type Worker,
} from '../routing/index.ts';
import { isRelayName, REGISTER_EPHEMERAL, relayAddress } from './name.ts';

/** Ours: registered names at a time, and how many of them may be of one client. */
const MAX_RELAYS = 16_384;
const SHARE_OF_ONE_CLIENT = 0.5;

/** What happens at the service, for the local log; who was refused learns nothing. */
export type RelayEvent =
  | { readonly kind: 'registered' | 'replaced'; readonly name: string; readonly peer: string | undefined }
  | { readonly kind: 'refused'; readonly name: string; readonly peer: string | undefined; readonly reason: string }
  | { readonly kind: 'removed'; readonly name: string };

/** A relay service to start. */
export interface RelayServiceOptions {
  /** Decides who may have which name; `peer` is who the secure channel proved, undefined when there was none. */
  readonly mayRegister: (name: string, peer: string | undefined) => Verdict | Promise<Verdict>;
  /** Entry points that may reach the service and the relays: of listeners for connections or channels. */
  readonly reachableFrom: readonly FlowControlId[];
  readonly onEvent: (event: RelayEvent) => void;
  /** Default 16 384; half of them for one connection or channel. */
  readonly maxRelays?: number | undefined;
}

/** The relay service of a node. */
export interface RelayService {
  /** Names that are registered and whose client is still connected. */
  readonly names: () => readonly string[];
  /** Ends the service and every relay. */
  readonly stop: () => void;
}

interface Relay {
  readonly name: string;
  readonly worker: Worker;
  /** To the client: the route of its registration without the client's own address. */
  route: Route;
}

/**
 * Lets nodes that can only dial out be reached through this one (`relay.md` §1–§4).
 *
 * Deviation: the newest authorized registration of a name takes its place; the reference keeps the first one until it restarts.
 */
export function startRelayService(router: Router, options: RelayServiceOptions): RelayService {
  const { reachableFrom, mayRegister, onEvent, maxRelays = MAX_RELAYS } = options;
  const relays = new Map<string, Relay>();
  let stopped = false;

  const admit = (address: Address): void => {
    for (const id of reachableFrom) router.flows.addConsumer(address, id);
  };
  const remove = (relay: Relay): void => {
    if (relays.get(relay.name) !== relay) return;
    relays.delete(relay.name);
    relay.worker.stop();
    onEvent({ kind: 'removed', name: relay.name });
  };
  /** A client whose connection or channel is gone has no way to it any more. */
  const isAlive = (relay: Relay): boolean => relay.route[0] !== undefined && router.has(relay.route[0]);
  const sweep = (): void => {
    for (const relay of relays.values()) if (!isAlive(relay)) remove(relay);
  };

  const start = (name: string, route: Route): Relay => {
    const address = relayAddress(name);
    const toClient: AccessControl = (delivery) =>
      delivery.destination.key === relay.route[0]?.key ? ALLOWED : NOT_THE_CLIENT;
    const worker = router.register({
      mailbox: { address, incoming: allowCarried, outgoing: toClient },
      handle: (message) => forward(relay, message),
    });
    const relay: Relay = { name, worker, route };
    admit(address);
    return relay;
  };

  const forward = (relay: Relay, message: LocalMessage): Sent => {
    if (!isAlive(relay)) {
      remove(relay);
      return undefined;
    }
    const onward = [...relay.route, ...message.onward.slice(1)];
    // What comes back from the client goes straight to where this message came from.
    router.flows.admitRelay(message.return[0], onward[0]);
    return relay.worker.mailbox.send(localMessage(onward, message.return, message.payload));
  };

  const register = async (message: LocalMessage): Promise<void> => {
    const asked = decodeName(message.payload);
    const name = asked === REGISTER_EPHEMERAL ? toHex(router.random(16)) : asked;
    const peer = message.localInfo?.peerIdentifier;
    const refuse = (reason: string): void => onEvent({ kind: 'refused', name: quoted(name), peer, reason });
    if (name === undefined || !isRelayName(name)) return refuse('this cannot be the name of a relay');
    const verdict = await mayRegister(name, peer);
    if (!verdict.allowed) return refuse(verdict.reason);
    const route = message.return.slice(0, -1);
    const [client] = route;
    if (client === undefined) return refuse('the registration has no way back');
    // Both may have happened while it was asked who may have the name.
    if (stopped || !router.has(client)) return refuse(stopped ? 'the service has ended' : 'the client is gone');
    sweep();
    let relay = relays.get(name);
    if (relay === undefined) {
      if (relays.size >= maxRelays) return refuse(`there are ${maxRelays} relays already`);
      let own = 0;
      for (const { route: other } of relays.values()) if (other[0]?.key === client.key) own++;
      if (own >= maxRelays * SHARE_OF_ONE_CLIENT) return refuse(`the client has ${own} relays already`);
    }
    onEvent({ kind: relay === undefined ? 'registered' : 'replaced', name, peer });
    if (relay === undefined) relays.set(name, (relay = start(name, route)));
    else relay.route = route;
    const { mailbox } = relay.worker;
    const confirmation = encodeBareString(addressName(mailbox.address));
    void mailbox.send(localMessage(message.return, [mailbox.address], confirmation));
  };

  const [primary, alias] = [localAddress('forwarding_service'), localAddress('static_forwarding_service')];
  const controls = { incoming: allowAll, outgoing: allowOnward() };
  const service = router.register({
    mailbox: { address: primary, ...controls },
    additional: [{ address: alias, ...controls }],
    handle: register,
  });
  admit(primary);
  admit(alias);
  return {
    names: () => {
      sweep();
      return [...relays.keys()];
    },
    stop: () => {
      stopped = true;
      service.stop();
      for (const relay of relays.values()) remove(relay);
    },
  };
}

/** The name in a registration; undefined when it is none. */
function decodeName(payload: Uint8Array): string | undefined {
  try {
    return decodeBareString(payload);
  } catch (error) {
    if (error instanceof BareError) return undefined;
    throw error;
  }
}

const NOT_THE_CLIENT = denied('a relay sends to its client only');
