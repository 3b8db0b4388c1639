/**
 * IP addresses as text and bytes: one strict parser, one way to write them, and which of them are one host.
 *
 * Specification: RFC 4291 §2.2, RFC 5952 · layer 0, no input or output.
 * Read: ip-text.ts (text and bytes), ip-address.ts (addresses that a system connects to), address-block.ts.
 * Invariants: a text that the socket layer refuses is refused; an `IpAddress` is never an IPv4-mapped one.
 * Tests beside the sources compare with the URL parser and `node:net` as oracles.
 */
export { addressBlock } from './address-block.ts';
export { formatIp, type IpAddress, ipv4, parseIp } from './ip-address.ts';
export { formatIp4, formatIp6, parseIp4, parseIp6 } from './ip-text.ts';
