import type { Clock } from '../../kernel/index.ts';
import { heldBytes, type OutboundMessage } from './local-message.ts';
import type { Address, Route } from './wire/index.ts';

/** What a control says: yes, or no with the reason for the local log. The peer never learns either. */
export type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/** The verdict that lets a message pass. */
export const ALLOWED: Verdict = Object.freeze({ allowed: true });

/** The verdict that stops a message. */
export function denied(reason: string): Verdict {
  return { allowed: false, reason };
}

/** One message on its way from the mailbox that really sent it to the mailbox that its first onward hop names. */
export interface Delivery {
  /** The true sending mailbox, not the first hop of the return route. */
  readonly source: Address;
  readonly destination: Address;
  readonly message: OutboundMessage;
}

/**
 * Decides about one delivery (`routing.md` §9). Answers at once wherever it can: a promise holds up the worker that the
 * message is for. A control that throws, rejects or does not answer in time denies.
 */
export type AccessControl = (delivery: Delivery) => Verdict | Promise<Verdict>;

/** Decides whether the peer of this identifier may pass. */
export type PeerDecision = (peerIdentifier: string) => Verdict | Promise<Verdict>;

/** Lets everything pass. */
export const allowAll: AccessControl = () => ALLOWED;

/** Lets nothing pass. */
export const denyAll: AccessControl = () => DENIED;
const DENIED = denied('this mailbox denies everything');

/** Lets pass what one of `sources` really sent. */
export function allowSources(...sources: readonly Address[]): AccessControl {
  const keys = new Set(sources.map((source) => source.key));
  const refusal = denied('the source address is not one of those allowed');
  return (delivery) => (keys.has(delivery.source.key) ? ALLOWED : refusal);
}

/** Lets pass what goes to one of `destinations` first. */
export function allowOnward(...destinations: readonly Address[]): AccessControl {
  const keys = new Set(destinations.map((destination) => destination.key));
  const refusal = denied('the next hop is not one of those allowed');
  return (delivery) => (keys.has(delivery.destination.key) ? ALLOWED : refusal);
}

/**
 * Ours: bytes of payload and routes of a message that somebody else made and a worker passes on or sends back. A frame has 16 MiB
 * (`tcp-transport.md` §3); the rest is for what hops and channels on its way add to it.
 */
const MAX_CARRIED_BYTES = (16 * 1024 - 128) * 1024;

/** Incoming, for workers that pass messages of strangers on or send them back: lets pass what will fit a frame all the same. */
export const allowCarried: AccessControl = ({ message }) =>
  heldBytes(message) <= MAX_CARRIED_BYTES ? ALLOWED : TOO_LONG_TO_CARRY;
const TOO_LONG_TO_CARRY = denied('the message is too long to be passed on');

/** Lets pass what every one of `controls` lets pass; they are asked in order, up to the first refusal. None of them: everything. */
export function allOf(...controls: readonly AccessControl[]): AccessControl {
  return (delivery) => combine(controls, delivery, 0, false, ALLOWED);
}

/** Lets pass what at least one of `controls` lets pass; they are asked in order, up to the first consent. None of them: nothing. */
export function anyOf(...controls: readonly AccessControl[]): AccessControl {
  return (delivery) => combine(controls, delivery, 0, true, NONE_ALLOWS);
}
const NONE_ALLOWS = denied('there is no control that could allow it');

/** Asks `controls` from `index` on until one says `decisive`; `last` is the answer of the one before. */
function combine(
  controls: readonly AccessControl[],
  delivery: Delivery,
  index: number,
  decisive: boolean,
  last: Verdict,
): Verdict | Promise<Verdict> {
  for (let i = index; i < controls.length; i++) {
    const verdict = controls[i]?.(delivery) ?? last;
    if (verdict instanceof Promise) {
      return verdict.then((settled) =>
        settled.allowed === decisive ? settled : combine(controls, delivery, i + 1, decisive, settled),
      );
    }
    if (verdict.allowed === decisive) return verdict;
    last = verdict;
  }
  return last;
}

/**
 * Incoming: `decide` about the peer that the decryptor attached to the message; a message that came through no secure
 * channel is denied (`policies.md` §3).
 */
export function allowIncomingPeer(decide: PeerDecision): AccessControl {
  return ({ message }) => (message.localInfo === undefined ? NO_PEER : decide(message.localInfo.peerIdentifier));
}
const NO_PEER = denied('the message came through no secure channel');

/** Where controls look up which peer is behind an address; the router is one. */
export interface TerminalLookup {
  /** The first address of `route` that is marked terminal here. */
  readonly firstTerminal: (route: Route) => Terminal | undefined;
}

/** Marks an address that messages leave this node by: a TCP sender, an encryptor. */
export interface Terminal {
  /** Identifier of the peer that alone can read what leaves here; undefined when nothing is known, as on plain TCP. */
  readonly peerIdentifier: string | undefined;
}

/**
 * Outgoing: `decide` about the peer behind the first terminal address of the onward route; without one, or when it is
 * plain TCP, the message is denied (`policies.md` §3).
 */
export function allowOutgoingPeer(lookup: TerminalLookup, decide: PeerDecision): AccessControl {
  return ({ message }) => {
    const peerIdentifier = lookup.firstTerminal(message.onward)?.peerIdentifier;
    return peerIdentifier === undefined ? NO_TERMINAL_PEER : decide(peerIdentifier);
  };
}
const NO_TERMINAL_PEER = denied('the message would leave through no secure channel');

/** Specification: how many consents are remembered and for how long, in milliseconds. */
const CACHE_ENTRIES = 10;
const CACHE_MS = 1000;

/** Remembers consents of `decide` for one second, ten at a time; denials are always asked again (`routing.md` §9). */
export function cachedPeerDecision(decide: PeerDecision, clock: Pick<Clock, 'monotonicMs'>): PeerDecision {
  const expiry = new Map<string, number>();
  const remember = (peerIdentifier: string, verdict: Verdict): Verdict => {
    expiry.delete(peerIdentifier);
    if (!verdict.allowed) return verdict;
    if (expiry.size === CACHE_ENTRIES) for (const oldest of expiry.keys()) if (expiry.delete(oldest)) break;
    expiry.set(peerIdentifier, clock.monotonicMs() + CACHE_MS);
    return verdict;
  };
  return (peerIdentifier) => {
    if ((expiry.get(peerIdentifier) ?? Number.NEGATIVE_INFINITY) > clock.monotonicMs()) return ALLOWED;
    const verdict = decide(peerIdentifier);
    if (!(verdict instanceof Promise)) return remember(peerIdentifier, verdict);
    return verdict.then((settled) => remember(peerIdentifier, settled));
  };
}
