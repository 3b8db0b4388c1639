import type { Clock } from '../../kernel/index.ts';
import {
  type AccessControl,
  allowAll,
  allowIncomingPeer,
  allowOutgoingPeer,
  cachedPeerDecision,
  type PeerDecision,
  type Router,
  type Verdict,
} from '../routing/index.ts';

/**
 * Who may use a portal, asked for every message (`portal.md` §7): `incoming` about who sent it, `outgoing` about who alone
 * can read it. `'anyone'` also lets pass what comes or goes without a secure channel.
 */
export interface PortalAccess {
  readonly incoming: PeerDecision | 'anyone';
  readonly outgoing: PeerDecision | 'anyone';
}

/** The controls of all mailboxes of one portal; they share what they remember. */
export interface PortalControls {
  readonly incoming: AccessControl;
  readonly outgoing: AccessControl;
}

/** Makes the controls; consents are remembered for one second, denials are not. */
export function portalControls(router: Router, { incoming, outgoing }: PortalAccess): PortalControls {
  const { clock } = router;
  return {
    incoming: incoming === 'anyone' ? allowAll : allowIncomingPeer(cachedPeerDecision(incoming, clock)),
    outgoing: outgoing === 'anyone' ? allowAll : allowOutgoingPeer(router, cachedPeerDecision(outgoing, clock)),
  };
}

/** What {@link observed} needs. */
export interface ObservedOptions {
  readonly clock: Clock;
  /** When the router counts a control that has not answered as a denial; milliseconds. */
  readonly maxWaitMs: number;
  /** Told the reason of each denial, before the router knows of it. */
  readonly onDenied: (reason: string) => void;
}

/**
 * `control`, telling of its denials. Streams need that: a message that quietly vanishes in the middle of one leaves a hole
 * that nobody sees, so the stream must end there.
 */
export function observed(control: AccessControl, { clock, maxWaitMs, onDenied }: ObservedOptions): AccessControl {
  const note = (verdict: Verdict): Verdict => {
    if (!verdict.allowed) onDenied(verdict.reason);
    return verdict;
  };
  const failed = (error: unknown): never => {
    onDenied('the access control failed');
    throw error;
  };
  return (delivery) => {
    let verdict: Verdict | Promise<Verdict>;
    try {
      verdict = control(delivery);
    } catch (error) {
      return failed(error);
    }
    if (!(verdict instanceof Promise)) return note(verdict);
    const cancel = clock.schedule(maxWaitMs, () => onDenied('the access control took too long'));
    return verdict.finally(cancel).then(note, failed);
  };
}
