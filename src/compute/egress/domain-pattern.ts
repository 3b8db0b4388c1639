/** Domain patterns of network rules: ours, anchored, and the reference's with its quirks (`capabilities.md` §3.2). */
import { domainToASCII } from 'node:url';
import { formatIp, parseIp } from '../../kernel/ip/index.ts';

/** `anchored` is ours; `suborbital` repeats the reference's matching, quirks included, for projects that depend on it. */
export type DomainMatcher = 'anchored' | 'suborbital';

const LABEL = /^(?:\*|[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?)$/;

/**
 * The one form of an anchored pattern: lower case, ASCII (IDNA), no trailing dot, no brackets; an address in its usual text.
 * `undefined` when `pattern` can match no host.
 */
export function normalizePattern(pattern: string): string | undefined {
  const address = parseIp(pattern.replace(/^\[(.*)\]$/, '$1'));
  if (address !== undefined) return formatIp(address);
  const bare = pattern.endsWith('.') ? pattern.slice(0, -1) : pattern;
  // The host name parser refuses `*`, so each label goes through it alone; ASCII labels stay as they are.
  const labels = bare
    .split('.')
    .map((label) => (/^[\0-\x7f]*$/.test(label) ? label.toLowerCase() : domainToASCII(label)));
  const normal = labels.join('.');
  return normal.length <= 253 && labels.every((label) => LABEL.test(label)) ? normal : undefined;
}

/** Whether `host` (lower case, no trailing dot) matches `pattern` by the rules of `matcher`. */
export function matchesDomain(matcher: DomainMatcher, pattern: string, host: string): boolean {
  return matcher === 'anchored' ? matchesAnchored(pattern, host) : matchesSuborbital(pattern, host);
}

/**
 * A leading `*` stands for one or more labels, any other `*` for exactly one; everything else must be equal.
 * Deviation: the reference compares case-sensitively and lets the first label repeat, so `example.com` also matches
 * `example.example.com`; here a pattern matches exactly what it shows.
 */
function matchesAnchored(pattern: string, host: string): boolean {
  const wanted = normalizePattern(pattern);
  const given = host.toLowerCase().replace(/\.$/, '');
  if (wanted === undefined || given === '') return false;
  if (wanted === given || wanted === '*') return true;
  const patternLabels = wanted.split('.');
  const hostLabels = given.split('.');
  const surplus = hostLabels.length - patternLabels.length;
  if (surplus < 0 || (surplus > 0 && patternLabels[0] !== '*') || hostLabels.includes('')) return false;
  return patternLabels.every((label, index) => label === '*' || label === hostLabels[index + surplus]);
}

/** The reference's walk from right to left: the pattern's first label repeats when the host has more labels. */
function matchesSuborbital(pattern: string, host: string): boolean {
  if (pattern === host) return true;
  const patternLabels = pattern.split('.');
  const hostLabels = host.split('.');
  if (patternLabels.length > hostLabels.length) return false;
  let position = patternLabels.length - 1;
  for (const [fromRight, hostLabel] of hostLabels.toReversed().entries()) {
    if (hostLabel === '') {
      if (fromRight === 0) continue;
      // Deviation: the reference crashes on an empty label that no trailing dot explains.
      return false;
    }
    const label = patternLabels[Math.max(0, position--)];
    if (label !== '*' && label !== hostLabel) return false;
  }
  return true;
}
