import { formatIp4, formatIp6, parseIp4, parseIp6 } from './ip-text.ts';

/** An address; an IPv4-mapped IPv6 address is always represented as the IPv4 address the system would connect to. */
export interface IpAddress {
  readonly family: 4 | 6;
  /** 4 or 16 bytes, network order; never written to. */
  readonly bytes: Uint8Array;
}

const MAPPED_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/** The address that `text` writes, without brackets; `undefined` for every other text (RFC 4291 §2.2, dotted decimal). */
export function parseIp(text: string): IpAddress | undefined {
  if (!text.includes(':')) {
    const bytes = parseIp4(text);
    return bytes && ipv4(bytes);
  }
  const bytes = parseIp6(text);
  if (bytes === undefined) return undefined;
  const mapped = MAPPED_PREFIX.every((byte, index) => bytes[index] === byte);
  return mapped ? ipv4(bytes.subarray(12)) : { family: 6, bytes };
}

/** The IPv4 address of four bytes; keeps the array. */
export function ipv4(bytes: Uint8Array): IpAddress {
  return { family: 4, bytes };
}

/** The one text form of `address`: dotted decimal or RFC 5952. */
export function formatIp({ family, bytes }: IpAddress): string {
  return family === 4 ? formatIp4(bytes) : formatIp6(bytes);
}
