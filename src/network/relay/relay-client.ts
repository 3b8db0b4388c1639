import { decodeBareString, encodeBareString } from '../../kernel/bare/index.ts';
import { quoted } from '../../kernel/index.ts';
import {
  type Address,
  addressName,
  allowAll,
  allowOnward,
  denyAll,
  type LocalMessage,
  localAddress,
  localMessage,
  randomAddress,
  type Route,
  type Router,
  type Sent,
} from '../routing/index.ts';
import { RelayError } from './errors.ts';
import { isRelayAddress, REGISTER_EPHEMERAL, requireRelayName } from './name.ts';

/** Specification (`relay.md` §5). */
const CONFIRMATION_TIMEOUT_MS = 30_000;

/** What to register and where. */
export interface RegisterRelayOptions {
  /** Hops to the relay node: the sender of a connection or the encryptor of a channel, usually alone. */
  readonly route: Route;
  /** Undefined lets the relay node choose one. */
  readonly name: string | undefined;
  /** Milliseconds to wait for the confirmation. Default 30 000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A registered relay: what is sent to `address` at the relay node arrives here. */
export interface RegisteredRelay {
  /** At the relay node. */
  readonly address: Address;
  /** Frees what the registration made here; the relay node forgets it when the connection is over. */
  readonly close: () => void;
}

/**
 * Registers a relay and waits for its confirmation (`relay.md` §2, §3, §5). A relay node that refuses is silent.
 * @throws {RelayError} RELAY_INVALID_NAME, RELAY_UNREACHABLE, RELAY_NOT_CONFIRMED
 */
export function registerRelay(router: Router, options: RegisterRelayOptions): Promise<RegisteredRelay> {
  const { route, name, timeoutMs = CONFIRMATION_TIMEOUT_MS, signal } = options;
  if (name !== undefined) requireRelayName(name);
  const first = route[0];
  const entry = first === undefined ? undefined : router.flows.producerOf(first);
  if (first === undefined || entry === undefined) {
    return Promise.reject(
      new RelayError('RELAY_UNREACHABLE', 'the route to the relay node leads through no connection'),
    );
  }
  const main = randomAddress(router.random);
  const internal = randomAddress(router.random);
  const { promise, resolve, reject } = Promise.withResolvers<RegisteredRelay>();

  const confirm = (message: LocalMessage): void => {
    const address = message.return.at(-1);
    const confirmed = decodeBareString(message.payload);
    if (address === undefined || !isRelayAddress(address) || !confirmed.endsWith(name ?? '')) {
      throw new RelayError(
        'RELAY_NOT_CONFIRMED',
        `the relay node confirmed something else: ${quoted(addressName(address ?? main))}`,
      );
    }
    cancel();
    signal?.removeEventListener('abort', worker.stop);
    resolve({ address, close: worker.stop });
  };
  const handle = (message: LocalMessage): Sent | void => {
    const onward = message.onward.slice(1);
    if (onward.length === 0) return confirm(message);
    // Some relay nodes leave our own address in front of the hops that remain.
    return worker.additional[0]?.send(localMessage(onward, message.return, message.payload));
  };
  const worker = router.register({
    mailbox: { address: main, incoming: allowAll, outgoing: allowOnward(first) },
    additional: [{ address: internal, incoming: denyAll, outgoing: router.flows.control(entry.id, entry.spawnerId) }],
    handle,
    onStop: () => {
      cancel();
      signal?.removeEventListener('abort', worker.stop);
      reject(new RelayError('RELAY_NOT_CONFIRMED', 'the relay was not registered'));
    },
  });
  router.flows.admitReplies(main, first);
  router.flows.admitStrangers(first);
  const cancel = router.clock.schedule(timeoutMs, () => {
    reject(new RelayError('RELAY_NOT_CONFIRMED', `the relay node did not confirm within ${timeoutMs} ms`));
    worker.stop();
  });
  signal?.addEventListener('abort', worker.stop, { once: true });
  const onward = [...route, localAddress('static_forwarding_service')];
  const sent = worker.mailbox.send(localMessage(onward, [main], encodeBareString(name ?? REGISTER_EPHEMERAL)));
  if (sent !== undefined && !(sent instanceof Promise)) {
    reject(new RelayError('RELAY_UNREACHABLE', `the registration was refused: ${sent.detail}`));
    worker.stop();
  }
  return promise;
}
