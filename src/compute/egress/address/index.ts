/**
 * Networks in CIDR notation, and what each IP address is for; addresses themselves are in `kernel/ip`.
 * Specification: `capabilities.md` §3.4; the IANA special-purpose registries. Layer 2 (compute), pure.
 * Read: ip-network.ts, special-addresses.ts.
 * Invariants: every special-purpose range has a class other than `public`. Tests beside the sources.
 */
export { formatNetwork, type IpNetwork, isSingleAddress, networkContains, parseNetwork } from './ip-network.ts';
export { type AddressClass, classifyAddress, embeddedAddresses } from './special-addresses.ts';
