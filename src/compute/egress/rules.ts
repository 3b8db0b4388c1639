/** Network rules as plain data: what may be asked of the network, and the conjunction of several such sets. */
import type { DomainMatcher } from './domain-pattern.ts';

/** One set of rules (`capabilities.md` §3). Plain JSON, frozen, no secrets. */
export interface NetworkRule {
  /** Whether plain `http` may be used beside `https`. */
  readonly allowHTTP: boolean;
  /** Whether the URL may name an address instead of a host. */
  readonly allowIPs: boolean;
  /** Opens private, loopback, link-local and shared address space, never metadata or reserved ranges. */
  readonly allowPrivate: boolean;
  /** When not empty, only hosts that match one of these. */
  readonly allowedDomains: readonly string[];
  readonly blockedDomains: readonly string[];
  /** Added to 80 and 443. When both port lists are empty, every port is open. */
  readonly allowedPorts: readonly number[];
  /** Wins over `allowedPorts`, and over 80 and 443. */
  readonly blockedPorts: readonly number[];
  /** Special-purpose networks that are open, in CIDR notation. A metadata address opens only by itself (`/32`, `/128`). */
  readonly allowedNetworks: readonly string[];
  /** Networks that stay closed whatever else is said, in CIDR notation. */
  readonly blockedNetworks: readonly string[];
  readonly matcher: DomainMatcher;
}

/** Rules that must **all** allow a request; an empty list allows nothing. */
export type NetworkRules = readonly NetworkRule[];

/** What an enabled capability may do when its rules say nothing: HTTPS to any name on public networks. */
export const STRICT_RULE: NetworkRule = Object.freeze({
  allowHTTP: false,
  allowIPs: false,
  allowPrivate: false,
  allowedDomains: Object.freeze([]),
  blockedDomains: Object.freeze([]),
  allowedPorts: Object.freeze([]),
  blockedPorts: Object.freeze([]),
  allowedNetworks: Object.freeze([]),
  blockedNetworks: Object.freeze([]),
  matcher: 'anchored',
});

/** HTTP and HTTPS to names and addresses on public networks. */
export const PUBLIC_RULE: NetworkRule = Object.freeze({ ...STRICT_RULE, allowHTTP: true, allowIPs: true });

/** The rules that allow exactly what both `a` and `b` allow; equal sets are kept once. */
export function intersectRules(a: NetworkRules, b: NetworkRules): NetworkRules {
  if (a.length === 0 || b.length === 0) return Object.freeze([]);
  const byText = new Map([...a, ...b].map((rule) => [canonicalText(rule), rule]));
  return Object.freeze([...byText.values()]);
}

/** A text that is equal for equal rules, whatever the order of their keys. */
export function rulesKey(rules: NetworkRules): string {
  return rules.map(canonicalText).join('\n');
}

function canonicalText(rule: NetworkRule): string {
  return JSON.stringify(rule, Object.keys(STRICT_RULE));
}
