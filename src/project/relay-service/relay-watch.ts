import { BareError, decodeBareString, encodeBareString } from '../../kernel/bare/index.ts';
import { isRelayName } from '../../network/relay/index.ts';
import {
  type Address,
  ALLOWED,
  allowAll,
  allowOnward,
  denied,
  localAddress,
  localMessage,
  randomAddress,
  type Route,
  type Router,
  type Worker,
} from '../../network/routing/index.ts';

/** Specification (`project.md` §6.1). */
const WATCH_ADDRESS = localAddress('relay_watch');
/** Ours: watches at a time, and how many of them may be of one channel. */
const MAX_WATCHES = 16_384;
const SHARE_OF_ONE_CHANNEL = 0.5;

/** Tells those who asked that a relay does not lead to its client any more. */
export interface RelayWatchService {
  readonly worker: Worker;
  /** The client of this relay is gone, or another one has its name: whoever watches it is told, once. */
  readonly tell: (name: string) => void;
  /** The channel of this encryptor is gone, and nobody behind it can be told anything. */
  readonly forget: (encryptor: Address) => void;
  readonly stop: () => void;
}

interface Watcher {
  readonly name: string;
  /** The way back to who asked; its first hop is the encryptor of the channel that the question came by. */
  readonly route: Route;
}

/** Starts the service at a project node (`project.md` §6.1). @param maxWatches default 16 384; half of them for one channel. */
export function startRelayWatch(
  router: Router,
  { maxWatches = MAX_WATCHES }: { readonly maxWatches?: number | undefined } = {},
): RelayWatchService {
  const byName = new Map<string, Set<Watcher>>();
  const byChannel = new Map<string, Set<Watcher>>();
  let total = 0;

  const remove = (watcher: Watcher, channel: string): void => {
    total--;
    drop(byName, watcher.name, watcher);
    drop(byChannel, channel, watcher);
  };
  const worker = router.register({
    mailbox: {
      address: WATCH_ADDRESS,
      incoming: allowAll,
      outgoing: ({ destination }) => (byChannel.has(destination.key) ? ALLOWED : NOBODY_WHO_WATCHES),
    },
    handle: ({ payload, return: route }) => {
      const name = nameIn(payload);
      const [channel] = route;
      if (name === undefined || channel === undefined || total >= maxWatches) return;
      if ((byChannel.get(channel.key)?.size ?? 0) >= maxWatches * SHARE_OF_ONE_CHANNEL) return;
      const watcher = { name, route };
      total++;
      add(byName, name, watcher);
      add(byChannel, channel.key, watcher);
    },
  });
  return {
    worker,
    tell: (name) => {
      for (const watcher of byName.get(name) ?? []) {
        void worker.mailbox.send(localMessage(watcher.route, [WATCH_ADDRESS], encodeBareString(name)));
        remove(watcher, watcher.route[0]?.key ?? '');
      }
    },
    forget: ({ key }) => {
      for (const watcher of byChannel.get(key) ?? []) remove(watcher, key);
    },
    stop: () => worker.stop(),
  };
}

function add(sets: Map<string, Set<Watcher>>, key: string, watcher: Watcher): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([watcher]));
  else set.add(watcher);
}

function drop(sets: Map<string, Set<Watcher>>, key: string, watcher: Watcher): void {
  const set = sets.get(key);
  set?.delete(watcher);
  if (set?.size === 0) sets.delete(key);
}

/** A watch of somebody who reaches others through a relay. */
export interface RelayWatch {
  /** Settles when the relay does not lead to its client any more; never after `stop`, nor at a node without the service. */
  readonly gone: Promise<void>;
  readonly stop: () => void;
}

/**
 * Asks a project node to be told when the relay `name` loses its client (`project.md` §6.1). A node that does not have the service
 * drops the question.
 * @param route the encryptor of the channel to the project node. @param peer who that is: nobody else is believed.
 */
export function watchRelay(
  router: Router,
  { route, peer, name }: { readonly route: Route; readonly peer: string; readonly name: string },
): RelayWatch {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const address = randomAddress(router.random);
  const worker = router.register({
    mailbox: { address, incoming: allowAll, outgoing: allowOnward(...route.slice(0, 1)) },
    handle: ({ payload, localInfo }) => {
      if (localInfo?.peerIdentifier !== peer || nameIn(payload) !== name) return;
      worker.stop();
      resolve();
    },
  });
  router.flows.admitReplies(address, route[0]);
  void worker.mailbox.send(localMessage([...route, WATCH_ADDRESS], [address], encodeBareString(name)));
  return { gone, stop: () => worker.stop() };
}

function nameIn(payload: Uint8Array): string | undefined {
  try {
    const name = decodeBareString(payload);
    return isRelayName(name) ? name : undefined;
  } catch (error) {
    if (error instanceof BareError) return undefined;
    throw error;
  }
}

const NOBODY_WHO_WATCHES = denied('nobody watches a relay from there');
