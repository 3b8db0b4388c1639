import type { Identifier } from '../identity/index.ts';

/** Whether a peer may have a channel with us; a refusal carries the reason for the local log. */
export type TrustDecision = { readonly trusted: true } | { readonly trusted: false; readonly reason: string };

/**
 * Decides by the peer's proven Identifier alone (`identity.md` §13); what an established peer may do is decided
 * later, per message, by its attributes.
 */
export type TrustPolicy = (peer: Identifier) => TrustDecision | Promise<TrustDecision>;

const TRUSTED: TrustDecision = { trusted: true };

/** Accepts every peer that proved its Identifier. */
export const trustEveryone: TrustPolicy = () => TRUSTED;

/** Accepts exactly `identifier`. */
export function trustIdentifier(identifier: Identifier): TrustPolicy {
  return (peer) => (peer === identifier ? TRUSTED : { trusted: false, reason: `${peer} is not ${identifier}` });
}

/** Accepts the members of `identifiers`; none when it is empty. */
export function trustIdentifiers(identifiers: Iterable<Identifier>): TrustPolicy {
  const accepted = new Set(identifiers);
  return (peer) =>
    accepted.has(peer)
      ? TRUSTED
      : { trusted: false, reason: `${peer} is not among the ${accepted.size} trusted identifiers` };
}

/** Accepts whom all of `policies` accept, asked in order until one refuses; at least one is needed. */
export function trustAll(...policies: readonly [TrustPolicy, ...TrustPolicy[]]): TrustPolicy {
  return async (peer) => {
    for (const policy of policies) {
      const decision = await policy(peer);
      if (!decision.trusted) return decision;
    }
    return TRUSTED;
  };
}

/** Accepts whom any of `policies` accepts, asked in order until one does; at least one is needed. */
export function trustAny(...policies: readonly [TrustPolicy, ...TrustPolicy[]]): TrustPolicy {
  return async (peer) => {
    const reasons: string[] = [];
    for (const policy of policies) {
      const decision = await policy(peer);
      if (decision.trusted) return TRUSTED;
      reasons.push(decision.reason);
    }
    return { trusted: false, reason: reasons.join('; ') };
  };
}
