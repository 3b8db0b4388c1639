/**
 * Relays: a node that can only dial out is reached through one that can be dialled.
 *
 * Specification: `docs/protocol/relay.md` · layer 2.
 * Read: name.ts, relay-service.ts, relay-client.ts, relay-session.ts.
 * Invariants: a relay forwards opaque bytes and is in no return route; who may have a name is decided at registration, the
 * newest one wins; who is refused hears nothing; a relay goes when its client's connection does.
 * Tests: `relay.test.ts`; vectors in `docs/protocol/relay.md` §7.
 */
export { RelayError } from './errors.ts';
export { isRelayName, RELAY_PREFIX, relayAddress } from './name.ts';
export { type RegisteredRelay, registerRelay, type RegisterRelayOptions } from './relay-client.ts';
export { type RelayEvent, type RelayService, type RelayServiceOptions, startRelayService } from './relay-service.ts';
export {
  keepRelay,
  type RelayPath,
  type RelaySession,
  type RelaySessionOptions,
  type RelayState,
} from './relay-session.ts';
