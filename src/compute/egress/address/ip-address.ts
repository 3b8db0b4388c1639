/**
 * IP addresses as bytes, read by one strict parser.
 *
 * Strict because every lenient form (octal, hex, short or 32-bit decimal IPv4, leading zeros, zone ids) has been a way
 * around an address check somewhere: two parsers disagree and the check looks at another address than the socket.
 */

/** An address; an IPv4-mapped IPv6 address is always represented as the IPv4 address the system would connect to. */
export interface IpAddress {
  readonly family: 4 | 6;
  /** 4 or 16 bytes, network order; never written to. */
  readonly bytes: Uint8Array;
}

const DECIMAL_OCTET = /^(?:0|[1-9]\d{0,2})$/;
const HEX_GROUP = /^[\da-f]{1,4}$/i;
const MAPPED_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/** The address that `text` writes, without brackets; `undefined` for every other text (RFC 4291 §2.2, dotted decimal). */
export function parseIp(text: string): IpAddress | undefined {
  if (text.length > 45) return undefined;
  if (!text.includes(':')) return parseIpv4(text);
  const bytes = parseIpv6(text);
  if (bytes === undefined) return undefined;
  const mapped = MAPPED_PREFIX.every((byte, index) => bytes[index] === byte);
  return mapped ? ipv4(bytes.subarray(12)) : { family: 6, bytes };
}

/** The IPv4 address of four bytes; keeps the array. */
export function ipv4(bytes: Uint8Array): IpAddress {
  return { family: 4, bytes };
}

/** The one text form of `address`: dotted decimal or RFC 5952. */
export function formatIp(address: IpAddress): string {
  if (address.family === 4) return address.bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => groupAt(address.bytes, index));
  const { start, length } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

function parseIpv4(text: string): IpAddress | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [index, part] of parts.entries()) {
    const octet = DECIMAL_OCTET.test(part) ? Number(part) : 256;
    if (octet > 255) return undefined;
    bytes[index] = octet;
  }
  return ipv4(bytes);
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [before, after] = halves as [string, string | undefined];
  const head = parseGroups(before, after === undefined);
  const tail = after === undefined ? [] : parseGroups(after, true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  // A `::` stands for at least one group.
  if (after === undefined ? missing !== 0 : missing < 2) return undefined;
  return Uint8Array.from([...head, ...Array.from({ length: missing }, () => 0), ...tail]);
}

/** Bytes of colon-separated groups; only the end of the whole address may be dotted decimal. */
function parseGroups(text: string, atEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (HEX_GROUP.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
      continue;
    }
    const embedded = atEnd && index === groups.length - 1 ? parseIpv4(group) : undefined;
    if (embedded === undefined) return undefined;
    bytes.push(...embedded.bytes);
  }
  return bytes;
}

function groupAt(bytes: Uint8Array, index: number): number {
  return ((bytes[index * 2] as number) << 8) | (bytes[index * 2 + 1] as number);
}

/** The first of the longest runs of zero groups. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
    start = Math.max(start, end);
  }
  return best;
}
