import { quoted } from '../../kernel/index.ts';
import { type Address, localAddress } from '../routing/index.ts';
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

/** @throws {RelayError} RELAY_INVALID_NAME */
export function requireRelayName(name: string): void {
  if (isRelayName(name)) return;
  throw new RelayError('RELAY_INVALID_NAME', `not the name of a relay: ${quoted(name)}`, {
    remedy: 'use 1 to 200 characters without spaces, # and /',
  });
}
