import { type Cancel, nowSeconds } from '../../kernel/index.ts';
import { attributeTexts, type AttributeStore } from '../../trust/credential/index.ts';
import { type Identifier, isIdentifier } from '../../trust/identity/index.ts';
import type { SecureChannel } from '../../network/channel/index.ts';
import { ALLOWED, denied, type Router, type Verdict } from '../../network/routing/index.ts';
import { RELAY_ATTRIBUTE } from '../authority/index.ts';

/** Ours: how long a channel may stand without another look at its peer's credential, milliseconds. */
const RECHECK_MS = 60_000;

/** Whose credentials count, and where those of the peers are kept. */
export interface MembershipContext {
  readonly router: Router;
  readonly attributes: AttributeStore;
  readonly authority: Identifier;
}

/** Whether `peer` may have the relay `name` (`project.md` §6): its credential says `ockam-relay` is that name, or `*`. */
export async function mayRegisterRelay(
  name: string,
  peer: string | undefined,
  { router, attributes, authority }: MembershipContext,
): Promise<Verdict> {
  if (peer === undefined || !isIdentifier(peer)) return denied('the registration came through no secure channel');
  const entry = await attributes.get(peer, authority, nowSeconds(router.clock));
  if (entry === undefined) return denied('the peer has no valid credential of the project');
  const granted = attributeTexts(entry.attributes).get(RELAY_ATTRIBUTE);
  if (granted === '*' || granted === name) return ALLOWED;
  const reason = granted === undefined ? `has no ${RELAY_ATTRIBUTE}` : 'is for another relay';
  return denied(`the credential ${reason}`);
}

/** Whom a guard tells. */
export interface MembershipReport {
  /** Before the channel of a peer without a valid credential is closed. */
  readonly onStranger: (peer: Identifier) => void;
  /** When the store failed; the channel stands and is looked at again. */
  readonly onError: (error: unknown) => void;
}

/**
 * Closes `channel` when its peer presented no credential of the authority, and later when the credential has expired and no
 * newer one came.
 */
export function guardMembership(channel: SecureChannel, context: MembershipContext, report: MembershipReport): void {
  const { router, attributes, authority } = context;
  let over = false;
  let cancel: Cancel | undefined;

  /** How long the channel may stand until the next look; undefined when its peer is a stranger. */
  const allowedMs = async (): Promise<number | undefined> => {
    const now = nowSeconds(router.clock);
    const entry = await attributes.get(channel.peer, authority, now);
    if (entry === undefined) return undefined;
    const { expiresAtSeconds = Number.MAX_SAFE_INTEGER } = entry;
    return Math.min((expiresAtSeconds + 1 - now) * 1000, RECHECK_MS);
  };
  const look = async (): Promise<void> => {
    let waitMs: number | undefined = RECHECK_MS;
    try {
      waitMs = await allowedMs();
    } catch (error) {
      report.onError(error);
    }
    if (over) return;
    if (waitMs !== undefined) {
      cancel = router.clock.schedule(waitMs, () => void look());
      return;
    }
    report.onStranger(channel.peer);
    channel.close();
  };

  void channel.closed.then(() => {
    over = true;
    cancel?.();
  });
  void look();
}
