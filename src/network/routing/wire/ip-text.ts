/** IP addresses as text: dotted quads, and RFC 4291 §2.2 text written as RFC 5952 §4 recommends. */

/** The 4 bytes of a dotted quad without leading zeros; undefined when `text` is none. */
export function parseIp4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[i] = Number(part);
  }
  return bytes;
}

/** The dotted quad of 4 bytes. */
export function formatIp4(bytes: Uint8Array): string {
  return bytes.join('.');
}

/** The 16 bytes of an IPv6 text without brackets and without a zone; undefined when `text` is none. */
export function parseIp6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1] ?? '', true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const given = head.length + tail.length;
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined;
  const all = [...head, ...Array.from({ length: 8 - given }, () => 0), ...tail];
  return new Uint8Array(all.flatMap((group) => [group >> 8, group & 255]));
}

/** The 16-bit groups of a text joined by colons; only the last may be a dotted quad, and only when `quadAllowed`. */
function groups(text: string, quadAllowed: boolean): number[] | undefined {
  if (text === '') return [];
  const result: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      result.push(Number.parseInt(part, 16));
      continue;
    }
    const quad = quadAllowed && i === parts.length - 1 ? parseIp4(part) : undefined;
    if (quad === undefined) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = quad;
    result.push((a << 8) | b, (c << 8) | d);
  }
  return result;
}

/** The text of 16 bytes: lower case, the longest run of zero groups as `::`, IPv4-mapped addresses with their quad. */
export function formatIp6(bytes: Uint8Array): string {
  const all: number[] = [];
  for (let i = 0; i < 16; i += 2) all.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  if (all.slice(0, 5).every((group) => group === 0) && all[5] === 0xffff) {
    return `::ffff:${formatIp4(bytes.subarray(12, 16))}`;
  }
  const run = longestZeroRun(all);
  const hex = all.map((group) => group.toString(16));
  if (run.length < 2) return hex.join(':');
  return `${hex.slice(0, run.start).join(':')}::${hex.slice(run.start + run.length).join(':')}`;
}

function longestZeroRun(all: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [i, group] of all.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: i + 1 - length, length };
  }
  return best;
}
