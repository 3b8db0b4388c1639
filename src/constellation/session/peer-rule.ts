import type { Cancel, Clock } from '../../kernel/index.ts';
import { nowSeconds, quoted } from '../../kernel/index.ts';
import {
  decide,
  HANDLE_MESSAGE,
  policyEnvironment,
  type PolicyExpression,
  toFullExpression,
} from '../../trust/policy/index.ts';
import type { LinkPeer } from './link.ts';

/** Specification (`constellation.md` §3): attributes that make a member a Sat or a gateway. */
export const SAT_ATTRIBUTE = 'perigee-sat';
export const GATEWAY_ATTRIBUTE = 'perigee-gateway';
/** The value that stands for every gateway. */
const ANY_GATEWAY = '*';

/** Ours: attributes are looked at again at least so often, in milliseconds, since wall clocks jump and members leave. */
const RECHECK_MS = 60_000;

/** What is required of the peer of a link. */
export interface PeerRule {
  readonly attribute: typeof SAT_ATTRIBUTE | typeof GATEWAY_ATTRIBUTE;
  /** The gateway's name: the attribute must have it, or `*`, as its value. */
  readonly gateway: string;
  /** A further condition over the peer's attributes, as `subject.…`. */
  readonly allow?: PolicyExpression | undefined;
}

/** Whether a peer may be what it wants to be. A refusal is for the local log; the peer learns nothing of it. */
export type PeerVerdict =
  | { readonly allowed: true; readonly attributes: ReadonlyMap<string, string>; readonly recheckInMs: number }
  | { readonly allowed: false; readonly check: 'credential' | 'attribute' | 'policy'; readonly reason: string };

/** Holds `peer` against `rule` at this moment (`constellation.md` §3). Never rejects. */
export async function checkPeer(peer: LinkPeer, rule: PeerRule, clock: Clock): Promise<PeerVerdict> {
  const attested = await peer.attributes().catch((error: unknown) => error);
  if (attested instanceof Error) return refused('credential', `its attributes cannot be read: ${attested.message}`);
  const found = attested as Awaited<ReturnType<LinkPeer['attributes']>>;
  if (found === undefined) return refused('credential', 'it has no valid credential of the authority');
  const { values, expiresAtSeconds } = found;
  if (expiresAtSeconds !== undefined && expiresAtSeconds < nowSeconds(clock)) {
    return refused('credential', `its credential expired at ${expiresAtSeconds}`);
  }
  const value = values.get(rule.attribute);
  if (value !== rule.gateway && value !== ANY_GATEWAY) {
    const shown = value === undefined ? 'is absent' : `is ${quoted(value)}`;
    return refused('attribute', `its attribute ${rule.attribute} ${shown}, not ${quoted(rule.gateway)} or "*"`);
  }
  if (rule.allow !== undefined) {
    const decision = decide(toFullExpression(rule.allow), environmentOf(peer, values));
    if (!decision.allowed) return refused('policy', decision.reason);
  }
  const leftMs = expiresAtSeconds === undefined ? RECHECK_MS : (expiresAtSeconds + 1) * 1000 - clock.nowMs();
  return { allowed: true, attributes: values, recheckInMs: Math.min(RECHECK_MS, Math.max(1, leftMs)) };
}

/** What is told while a peer is watched. */
export interface PeerWatcher {
  /** The peer is still what it must be; its attributes may have changed. */
  readonly onAttributes: (attributes: ReadonlyMap<string, string>) => void;
  /** It no longer is; nothing is told afterwards. */
  readonly onRefused: (verdict: Extract<PeerVerdict, { allowed: false }>) => void;
}

/**
 * Checks `peer` again when its credential ends, and at least once a minute; starts after `firstInMs`. A credential that the
 * channel refreshed in time goes unnoticed.
 */
export function watchPeer(
  peer: LinkPeer,
  rule: PeerRule,
  clock: Clock,
  firstInMs: number,
  watcher: PeerWatcher,
): Cancel {
  let stopped = false;
  const look = async (): Promise<void> => {
    const verdict = await checkPeer(peer, rule, clock);
    if (stopped) return;
    if (verdict.allowed) {
      watcher.onAttributes(verdict.attributes);
      cancel = clock.schedule(verdict.recheckInMs, () => void look());
    } else {
      watcher.onRefused(verdict);
    }
  };
  let cancel = clock.schedule(firstInMs, () => void look());
  return () => {
    stopped = true;
    cancel();
  };
}

function environmentOf(peer: LinkPeer, attributes: ReadonlyMap<string, string>): ReturnType<typeof policyEnvironment> {
  return policyEnvironment({
    resource: 'constellation',
    action: HANDLE_MESSAGE,
    subject: peer.identifier,
    hasCredential: true,
    attributes,
  });
}

function refused(check: 'credential' | 'attribute' | 'policy', reason: string): PeerVerdict {
  return { allowed: false, check, reason };
}
