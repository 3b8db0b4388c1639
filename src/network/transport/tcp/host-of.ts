import { parseIp6 } from '../../routing/index.ts';

/**
 * What counts as one host when connections are shared out among hosts: an IPv4 address, or the /64 of an IPv6 address, since whoever has
 * one address of it has them all.
 * @param remoteAddress as a socket has it; undefined when its peer is gone already.
 */
export function hostOf(remoteAddress: string | undefined): string {
  const text = (remoteAddress ?? '').split('%', 1)[0] ?? '';
  if (!text.includes(':')) return text;
  const bytes = parseIp6(text);
  if (bytes === undefined) return text;
  const isMapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return isMapped ? bytes.subarray(12).join('.') : `${bytes.subarray(0, 8).join('.')}/64`;
}
