/** Address ranges in CIDR notation. */
import { formatIp, type IpAddress, parseIp } from '../../../kernel/ip/index.ts';

/** All addresses of one family that share the first `prefix` bits of `bytes`. */
export interface IpNetwork extends IpAddress {
  /** 0–32 for IPv4, 0–128 for IPv6. */
  readonly prefix: number;
}

const PREFIX_LENGTH = /^(?:0|[1-9]\d{0,2})$/;

/**
 * The network that `text` writes (`10.0.0.0/8`, `fd00::/8`); a bare address is the network of that one address.
 * `undefined` when it is no CIDR notation or has bits set beyond its prefix, which is nearly always a slip of the pen.
 */
export function parseNetwork(text: string): IpNetwork | undefined {
  const slash = text.indexOf('/');
  const address = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const bits = address.bytes.length * 8;
  if (slash < 0) return { ...address, prefix: bits };
  const length = text.slice(slash + 1);
  const prefix = PREFIX_LENGTH.test(length) ? Number(length) : bits + 1;
  if (prefix > bits) return undefined;
  const network = { ...address, prefix };
  return hasBitsBeyondPrefix(network) ? undefined : network;
}

/** The one text form of `network`. */
export function formatNetwork(network: IpNetwork): string {
  return `${formatIp(network)}/${network.prefix}`;
}

/** Whether `address` lies in `network`. */
export function networkContains(network: IpNetwork, address: IpAddress): boolean {
  if (network.family !== address.family) return false;
  const whole = network.prefix >> 3;
  for (let i = 0; i < whole; i++) if (network.bytes[i] !== address.bytes[i]) return false;
  const rest = network.prefix & 7;
  if (rest === 0) return true;
  const mask = (0xff << (8 - rest)) & 0xff;
  return ((network.bytes[whole] as number) & mask) === ((address.bytes[whole] as number) & mask);
}

/** Whether `network` is a single address. */
export function isSingleAddress(network: IpNetwork): boolean {
  return network.prefix === network.bytes.length * 8;
}

function hasBitsBeyondPrefix(network: IpNetwork): boolean {
  for (let bit = network.prefix; bit < network.bytes.length * 8; bit++) {
    if (((network.bytes[bit >> 3] as number) >> (7 - (bit & 7))) & 1) return true;
  }
  return false;
}
