import { nowSeconds } from '../../kernel/index.ts';
import { ALLOWED, denied, type PeerDecision } from '../../network/routing/index.ts';
import { type AttributeStore, attributeTexts } from '../../trust/credential/index.ts';
import { type Identifier, isIdentifier } from '../../trust/identity/index.ts';
import {
  decide,
  DEFAULT_POLICY,
  HANDLE_MESSAGE,
  policyEnvironment,
  type PolicyExpression,
  type ResourceType,
  toFullExpression,
} from '../../trust/policy/index.ts';
import type { Clock } from '../../kernel/index.ts';

/** Something that policies protect. */
export interface ProtectedResource {
  readonly type: ResourceType;
  readonly name: string;
}

/** The expression that was set for a resource by its name or, failing that, by its type; undefined when none was. */
export type PolicyLookup = (resource: ProtectedResource) => PolicyExpression | undefined;

/** What decisions are made of. */
export interface AccessOptions {
  readonly clock: Clock;
  readonly attributes: AttributeStore;
  /** Whose credentials count; without one, no attribute is known of anybody. */
  readonly authority: Identifier | undefined;
  readonly policyOf: PolicyLookup;
  /** Told of each denial, for the local log. Must not throw. */
  readonly onDenied: (resource: ProtectedResource, peer: string, reason: string) => void;
}

/**
 * Who may use `resource` (`policies.md` §2, §3): the policy of its name, else of its type, else whoever has a valid credential.
 * Policies are looked up at each decision, so a change counts at once. A node without an authority and without a policy lets
 * everybody in; so a policy that is set later takes effect when the resource is opened again, or at once when it had one.
 */
export function accessTo(resource: ProtectedResource, options: AccessOptions): PeerDecision | 'anyone' {
  const { clock, attributes, authority, policyOf, onDenied } = options;
  if (authority === undefined && policyOf(resource) === undefined) return 'anyone';
  return async (peer) => {
    if (!isIdentifier(peer)) return denied('the peer has no identifier');
    const policy = policyOf(resource);
    const attested = authority === undefined ? undefined : await attributes.get(peer, authority, nowSeconds(clock));
    const decision = decide(
      policy === undefined ? DEFAULT_POLICY : toFullExpression(policy),
      policyEnvironment({
        resource: resource.name,
        action: HANDLE_MESSAGE,
        subject: peer,
        hasCredential: authority === undefined ? undefined : attested !== undefined,
        attributes: attested && attributeTexts(attested.attributes),
      }),
    );
    if (decision.allowed) return ALLOWED;
    onDenied(resource, peer, decision.reason);
    return denied(decision.reason);
  };
}

/** Ours: how long a resource stays silent after a denial was told, in milliseconds; a peer must not fill the log. */
const QUIET_MS = 1000;

/** Passes denials on to `tell`, at most one a second for each resource. */
export function atMostOneASecond(
  clock: Pick<Clock, 'monotonicMs'>,
  tell: AccessOptions['onDenied'],
): AccessOptions['onDenied'] {
  const quietUntil = new Map<string, number>();
  return (resource, peer, reason) => {
    const key = `${resource.type} ${resource.name}`;
    const now = clock.monotonicMs();
    if (now < (quietUntil.get(key) ?? 0)) return;
    quietUntil.set(key, now + QUIET_MS);
    tell(resource, peer, reason);
  };
}
