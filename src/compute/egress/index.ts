/**
 * The only way a connection of a function leaves: network rules, two gates, a dialer, an HTTP client.
 * Specification: `capabilities.md` §3, §5, §9; `runnable-abi.md` §7.2, §7.3. Layer 2 (compute), opens sockets.
 * Read: rules.ts (what may be said), gate.ts (who decides), dialer.ts (how it connects), client.ts (the flow of a request).
 * Invariants: a name check never replaces an address check; nothing is resolved twice; every redirect is a new request to
 * both gates; connections are never shared between different rules; no proxy or other setting comes from the environment.
 * The tables of `capabilities.md` §3.2–3.4 are read by the tests beside the sources.
 */
export { formatIp, type IpAddress, parseIp } from '../../kernel/ip/index.ts';
export {
  type AddressClass,
  classifyAddress,
  embeddedAddresses,
  formatNetwork,
  type IpNetwork,
  networkContains,
  parseNetwork,
} from './address/index.ts';
export {
  DEFAULT_EGRESS_LIMITS,
  type EgressAccess,
  type EgressAnswer,
  EgressClient,
  type EgressClientOptions,
  type EgressEvent,
  type EgressLimits,
  type EgressRequest,
} from './client.ts';
export { abortable, withDeadline } from './deadline.ts';
export { type Dialer, type DialOptions, directDialer, type DirectDialerOptions } from './dialer.ts';
export { type DomainMatcher, matchesDomain, normalizePattern } from './domain-pattern.ts';
export { EgressError, type EgressErrorCode } from './errors.ts';
export { type AddressGate, createGate, type Gate } from './gate.ts';
export { type HeaderList, isFieldValue } from './outgoing-headers.ts';
export type { HttpMethod } from './redirect.ts';
export { type Resolution, type ResolveOptions, type Resolver, systemResolver } from './resolver.ts';
export { intersectRules, type NetworkRule, type NetworkRules, PUBLIC_RULE, rulesKey, STRICT_RULE } from './rules.ts';
export { parseTarget, type Target } from './target.ts';
export { ALLOWED, type Refusal, type Verdict } from './verdict.ts';
