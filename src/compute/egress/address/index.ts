/**
 * IP addresses: one strict parser, networks in CIDR notation, and what each address is for.
 * Specification: `capabilities.md` §3.4; RFC 4291, RFC 5952, the IANA special-purpose registries. Layer 2 (compute), pure.
 * Read: ip-address.ts, ip-network.ts, special-addresses.ts.
 * Invariants: an IPv4-mapped address is the IPv4 address; every special-purpose range has a class other than `public`.
 * Tests beside the sources compare with the URL parser and `node:net` as oracles.
 */
export { addressBlock } from './address-block.ts';
export { formatIp, type IpAddress, ipv4, parseIp } from './ip-address.ts';
export { formatNetwork, type IpNetwork, isSingleAddress, networkContains, parseNetwork } from './ip-network.ts';
export { type AddressClass, classifyAddress, embeddedAddresses } from './special-addresses.ts';
