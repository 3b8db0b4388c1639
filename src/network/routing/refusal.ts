import type { OutboundMessage } from './local-message.ts';
import { type Address, formatAddress, type Route } from './wire/index.ts';

/** Why a message was not delivered (`routing.md` §7, §9). The sender on the wire never learns which. */
export type RefusalReason =
  | 'empty-route'
  | 'transport-hop'
  | 'unknown-destination'
  | 'outgoing-denied'
  | 'incoming-denied'
  | 'queue-full'
  | 'stopped';

/** A message that was not delivered: for the local log and for the local worker that tried to send it. */
export interface Refusal {
  readonly reason: RefusalReason;
  /** What the control that refused said, or more about the reason; one sentence without secrets. */
  readonly detail: string;
  readonly source: Address;
  /** Only the routes of the message are kept, never the payload. */
  readonly onward: Route;
  readonly return: Route;
}

/** How often each reason occurred. */
export type RefusalCounts = Record<RefusalReason, number>;

/** All counters at zero. */
export function noRefusals(): RefusalCounts {
  return {
    'empty-route': 0,
    'transport-hop': 0,
    'unknown-destination': 0,
    'outgoing-denied': 0,
    'incoming-denied': 0,
    'queue-full': 0,
    stopped: 0,
  };
}

/** Makes a refusal. */
export function refusal(reason: RefusalReason, detail: string, source: Address, message: OutboundMessage): Refusal {
  return { reason, detail, source, onward: message.onward, return: message.return };
}

/** One line for a log. */
export function formatRefusal({ reason, detail, source, onward }: Refusal): string {
  const destination = onward[0] === undefined ? 'nowhere' : formatAddress(onward[0]);
  return `message from ${formatAddress(source)} to ${destination} refused (${reason}): ${detail}`;
}
