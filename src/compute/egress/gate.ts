/**
 * The two gates every connection of a function passes (`capabilities.md` §3.1).
 *
 * Gate one looks at names: scheme, port, literal addresses, host patterns. Gate two looks at the resolved address of each
 * connection. They are independent: a name that slips through one still meets the other.
 */
import { quoted } from '../../kernel/index.ts';
import { formatIp, type IpAddress } from '../../kernel/ip/index.ts';
import {
  type AddressClass,
  classifyAddress,
  embeddedAddresses,
  type IpNetwork,
  isSingleAddress,
  networkContains,
  parseNetwork,
} from './address/index.ts';
import { matchesDomain } from './domain-pattern.ts';
import { EgressError } from './errors.ts';
import type { NetworkRule, NetworkRules } from './rules.ts';
import type { Target } from './target.ts';
import { ALLOWED, refuse, type Verdict } from './verdict.ts';

/** The second gate, the part that a dialer needs. */
export interface AddressGate {
  /** Whether `checkAlias` can refuse anything, so that a dialer may skip the look-up of aliases. */
  readonly wantsAliases: boolean;
  /** Judges a name that the requested host is an alias of. */
  readonly checkAlias: (alias: string) => Verdict;
  /** Judges an address that a connection would go to. */
  readonly checkAddress: (address: IpAddress) => Verdict;
}

/** Both gates, made from one conjunction of rules. */
export interface Gate extends AddressGate {
  /** Judges what a URL says, before anything is resolved. */
  readonly checkTarget: (target: Target) => Verdict;
}

const PRIVATE_CLASSES: ReadonlySet<AddressClass> = new Set(['private', 'loopback', 'link-local', 'shared']);

/** Names under which clouds serve credentials. A dialer that resolves elsewhere never sees their addresses. */
const METADATA_NAMES: ReadonlySet<string> = new Set([
  'instance-data',
  'instance-data.ec2.internal',
  'metadata',
  'metadata.goog',
  'metadata.google.internal',
  'metadata.tencentyun.com',
]);

/**
 * The gates of `rules`; a request passes when every rule lets it pass.
 * @throws {EgressError} EGRESS_BAD_RULES when a network is not in CIDR notation.
 */
export function createGate(rules: NetworkRules): Gate {
  const compiled = rules.map(compileRule);
  const every = (check: (rule: CompiledRule) => Verdict): Verdict => {
    if (compiled.length === 0)
      return refuse('requests to this domain are disallowed', 'no rules, so nothing is allowed');
    return compiled.map(check).find((verdict) => !verdict.allowed) ?? ALLOWED;
  };
  return {
    wantsAliases: rules.some(consultsBlockedDomains),
    checkTarget: (target) => every((rule) => checkTarget(rule, target)),
    checkAlias: (alias) => every((rule) => checkBlockedDomains(rule, alias)),
    checkAddress: (address) => every((rule) => checkAddress(rule, address)),
  };
}

interface CompiledRule extends NetworkRule {
  readonly open: readonly IpNetwork[];
  readonly closed: readonly IpNetwork[];
}

function compileRule(rule: NetworkRule): CompiledRule {
  return { ...rule, open: rule.allowedNetworks.map(compileNetwork), closed: rule.blockedNetworks.map(compileNetwork) };
}

function compileNetwork(text: string): IpNetwork {
  const network = parseNetwork(text);
  if (network === undefined)
    throw new EgressError('EGRESS_BAD_RULES', `not a network in CIDR notation: ${quoted(text)}`);
  return network;
}

function checkTarget(rule: CompiledRule, target: Target): Verdict {
  if (target.scheme !== 'https' && target.scheme !== 'http') {
    return refuse('requests to this scheme are disallowed', `scheme ${quoted(target.scheme)}`);
  }
  if (target.scheme === 'http' && !rule.allowHTTP) {
    return refuse('requests to insecure HTTP endpoints is disallowed', `http to ${quoted(target.host)}`);
  }
  if (!portIsOpen(rule, target.port)) {
    return refuse('requests to this port are disallowed', `port ${target.port} of ${quoted(target.host)}`);
  }
  if (target.address !== undefined && !rule.allowIPs) {
    return refuse('requests to IP addresses are disallowed', `address ${target.host}`);
  }
  return checkHost(rule, target.host);
}

function portIsOpen(rule: CompiledRule, port: number): boolean {
  if (rule.allowedPorts.length === 0 && rule.blockedPorts.length === 0) return true;
  if (rule.blockedPorts.includes(port)) return false;
  return port === 80 || port === 443 || rule.allowedPorts.includes(port);
}

function checkHost(rule: CompiledRule, host: string): Verdict {
  if (METADATA_NAMES.has(host) && !rule.allowedDomains.includes(host)) {
    return refuse('requests to this domain are disallowed', `${quoted(host)} serves cloud metadata`);
  }
  const matches = (pattern: string): boolean => matchesDomain(rule.matcher, pattern, host);
  if (rule.allowedDomains.length > 0 && !rule.allowedDomains.some(matches)) {
    return refuse('requests to this domain are disallowed', `${quoted(host)} matches no allowed domain`);
  }
  return checkBlockedDomains(rule, host);
}

function checkBlockedDomains(rule: CompiledRule, host: string): Verdict {
  const pattern = consultsBlockedDomains(rule)
    ? rule.blockedDomains.find((candidate) => matchesDomain(rule.matcher, candidate, host))
    : undefined;
  if (pattern === undefined) return ALLOWED;
  return refuse('requests to this domain are disallowed', `${quoted(host)} matches blocked domain ${quoted(pattern)}`);
}

/**
 * Whether the block list of `rule` counts.
 * Deviation: in the reference an allow list switches the block list off; only its own matcher keeps that.
 */
function consultsBlockedDomains(rule: NetworkRule): boolean {
  return rule.blockedDomains.length > 0 && (rule.matcher === 'anchored' || rule.allowedDomains.length === 0);
}

/** An address passes when it and every address hidden inside it pass. */
function checkAddress(rule: CompiledRule, address: IpAddress): Verdict {
  for (const meaning of [address, ...embeddedAddresses(address)]) {
    const purpose = classifyAddress(meaning);
    if (addressIsOpen(rule, meaning, purpose)) continue;
    const inside = meaning === address ? '' : ` inside ${formatIp(address)}`;
    return refuse(
      'requests to private IP address ranges are disallowed',
      `${purpose} address ${formatIp(meaning)}${inside}`,
    );
  }
  return ALLOWED;
}

function addressIsOpen(rule: CompiledRule, address: IpAddress, purpose: AddressClass): boolean {
  const contains = (network: IpNetwork): boolean => networkContains(network, address);
  if (rule.closed.some(contains)) return false;
  if (purpose === 'public') return true;
  // A wide grant must not hand out the machine's cloud credentials by accident.
  if (purpose === 'metadata') return rule.open.some((network) => isSingleAddress(network) && contains(network));
  return (rule.allowPrivate && PRIVATE_CLASSES.has(purpose)) || rule.open.some(contains);
}
