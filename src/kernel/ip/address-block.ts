import { formatIp, parseIp } from './ip-address.ts';

/**
 * What counts as one host when hosts are told apart by their addresses, as where each gets its share: an IPv4 address, or the
 * /64 of an IPv6 address, since whoever has one address of it has them all. A text that is no address stands for itself.
 * @param text as a socket has it, with a zone or without; undefined when its peer is gone already: all of those are one.
 */
export function addressBlock(text = ''): string {
  const address = parseIp(text.split('%', 1)[0] ?? '');
  if (address === undefined) return text;
  if (address.family === 4) return formatIp(address);
  const network = Uint8Array.from(address.bytes, (byte, index) => (index < 8 ? byte : 0));
  return `${formatIp({ family: 6, bytes: network })}/64`;
}
