import { ALLOWED, denied, type PeerDecision } from '../../network/routing/index.ts';
import { trustEveryone, trustIdentifiers, type TrustPolicy } from '../../trust/credential/index.ts';
import { parseIdentifier } from '../../trust/identity/index.ts';
import { parsePolicy } from '../../trust/policy/index.ts';
import { accessTo, atMostOneASecond, type ProtectedResource } from '../general/index.ts';
import type { Inside } from './inside.ts';
import type { Allow, Peer } from './options.ts';

/**
 * Whether a peer may use `resource`; what is denied is in the log.
 * @throws {IdentityError} for what is no identifier · {PolicyError} for what is no policy
 */
export function decisionOf({ core, authority }: Inside, allow: Allow, resource: ProtectedResource): PeerDecision {
  if (allow === 'anyone') return () => ALLOWED;
  const { router, channels, log } = core;
  const onDenied = atMostOneASecond(router.clock, ({ type, name }, peer, reason) =>
    log.warn('{peer} was refused by the {type} {name}: {reason}', { peer, type, name, reason }),
  );
  if ('policy' in allow) {
    const policy = parsePolicy(allow.policy);
    const access = {
      clock: router.clock,
      attributes: channels.attributes,
      authority,
      policyOf: () => policy,
      onDenied,
    };
    const decide = accessTo(resource, access);
    // With a policy there is always somebody to decide.
    return decide === 'anyone' ? () => denied('nobody decides') : decide;
  }
  const allowed = new Set<string>(allow.map(parseIdentifier));
  return (peer) => {
    if (allowed.has(peer)) return ALLOWED;
    const reason = 'it is not among those who are allowed';
    onDenied(resource, peer, reason);
    return denied(reason);
  };
}

/** Whom a channel may lead to. @throws {IdentityError} for what is no identifier */
export function trustIn(peer: Peer): TrustPolicy {
  if (peer === 'anyone') return trustEveryone;
  return trustIdentifiers([peer].flat().map((one) => parseIdentifier(one)));
}
