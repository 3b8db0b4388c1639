/**
 * IP addresses as text: dotted quads, and RFC 4291 §2.2 text written as RFC 5952 §4 recommends.
 *
 * Strict because every lenient form (octal, hex, short or 32-bit decimal IPv4, leading zeros, zone ids) has been a way
 * around an address check somewhere: two parsers disagree and the check looks at another address than the socket.
 */

/** Of the longest text, which is six groups of four digits and a quad of three digits each. */
const MAX_LENGTH = 45;
const DECIMAL_OCTET = /^(?:0|[1-9]\d{0,2})$/;
const HEX_GROUP = /^[\da-f]{1,4}$/i;

/** The 4 bytes of a dotted quad without leading zeros; undefined when `text` is none. */
export function parseIp4(text: string): Uint8Array | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [index, part] of parts.entries()) {
    const octet = DECIMAL_OCTET.test(part) ? Number(part) : 256;
    if (octet > 255) return undefined;
    bytes[index] = octet;
  }
  return bytes;
}

/** The dotted quad of 4 bytes. */
export function formatIp4(bytes: Uint8Array): string {
  return bytes.join('.');
}

/** The 16 bytes of an IPv6 text without brackets and without a zone; undefined when `text` is none. */
export function parseIp6(text: string): Uint8Array | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [before, after] = halves as [string, string | undefined];
  const head = bytesOfGroups(before, after === undefined);
  const tail = after === undefined ? [] : bytesOfGroups(after, true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  // A `::` stands for at least one group.
  if (after === undefined ? missing !== 0 : missing < 2) return undefined;
  return Uint8Array.from([...head, ...Array.from({ length: missing }, () => 0), ...tail]);
}

/** The text of 16 bytes: lower case, the longest run of zero groups as `::`, IPv4-mapped addresses with their quad. */
export function formatIp6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => groupAt(bytes, index));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${formatIp4(bytes.subarray(12, 16))}`;
  }
  const { start, length } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** Bytes of colon-separated groups; only the end of the whole address may be a dotted quad. */
function bytesOfGroups(text: string, atEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (HEX_GROUP.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
      continue;
    }
    const quad = atEnd && index === groups.length - 1 ? parseIp4(group) : undefined;
    if (quad === undefined) return undefined;
    bytes.push(...quad);
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
