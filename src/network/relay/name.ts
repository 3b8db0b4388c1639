import { quoted } from '../../kernel/index.ts';
import { type Address, addressName, localAddress, TRANSPORT_TYPE } from '../routing/index.ts';
import { RelayError } from './errors.ts';

/** Specification (`relay.md` §1). */
export const RELAY_PREFIX = 'forward_to_';
export const REGISTER_EPHEMERAL = 'register';

/** Ours: names go into addresses, attributes and logs. `#` would be read as the end of an address type. */
const NAME = /^[^\s#/\p{C}]{1,200}$/u;

/** The address at which a relay node forwards for `name`. */
export function relayAddress(name: string): Address {
  return localAddress(RELAY_PREFIX + name);
}

/** Whether `name` can name a relay: 1 to 200 characters without white space, control characters, `#` and `/`. */
export function isRelayName(name: string): boolean {
  return NAME.test(name);
}

/** Whether `address` can be the one of a relay: that of a name, or a name alone as some relay nodes have it. What it is, is shown and logged. */
export function isRelayAddress(address: Address): boolean {
  const text = addressName(address);
  return (
    address.type === TRANSPORT_TYPE.local &&
    isRelayName(text.startsWith(RELAY_PREFIX) ? text.slice(RELAY_PREFIX.length) : text)
  );
}

/** @throws {RelayError} RELAY_INVALID_NAME */
export function requireRelayName(name: string): void {
  if (isRelayName(name)) return;
  throw new RelayError('RELAY_INVALID_NAME', `not the name of a relay: ${quoted(name)}`, {
    remedy: 'use 1 to 200 characters without spaces, # and /',
  });
}
