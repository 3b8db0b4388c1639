import { concat } from '../../kernel/index.ts';
import { isExclusive, markExclusive } from './exclusive.ts';
import type { Route } from './wire/index.ts';

/**
 * Facts about a message that never leave the process (`routing.md` §5.1): attached by a worker that knows them, stripped
 * by every transport and by every secure-channel encryptor, because those send only routes and payload.
 */
export interface LocalInfo {
  /** Identifier of the authenticated peer, `I…`; set by the secure-channel decryptor that opened the message. */
  readonly peerIdentifier: string;
}

/**
 * A message as a worker receives it. A value: nobody writes to its routes or its payload. The payload may be a view of a
 * larger buffer, so who keeps a few bytes of it for long should copy them.
 */
export interface LocalMessage {
  /** The hops still to visit; the first is the address the message was delivered at. */
  readonly onward: Route;
  /** The complete route for an answer. */
  readonly return: Route;
  readonly payload: Uint8Array;
  readonly localInfo?: LocalInfo | undefined;
}

/** A message as it may be sent: the payload may come in parts, which are joined only for a worker that wants one piece. */
export interface OutboundMessage {
  readonly onward: Route;
  readonly return: Route;
  readonly payload: Uint8Array | readonly Uint8Array[];
  readonly localInfo?: LocalInfo | undefined;
}

/** Makes a message; all made here share one hidden class, which keeps the hot path fast. */
export function localMessage(
  onward: Route,
  returnRoute: Route,
  payload: Uint8Array,
  localInfo?: LocalInfo,
): LocalMessage {
  return { onward, return: returnRoute, payload, localInfo };
}

/** Makes a message whose payload is the concatenation of `parts`. */
export function partedMessage(
  onward: Route,
  returnRoute: Route,
  parts: readonly Uint8Array[],
  localInfo?: LocalInfo,
): OutboundMessage {
  return { onward, return: returnRoute, payload: parts, localInfo };
}

/** `message` with its payload in one piece; itself when it already is. */
export function joined(message: OutboundMessage): LocalMessage {
  const { payload } = message;
  if (payload instanceof Uint8Array) return message as LocalMessage;
  return localMessage(message.onward, message.return, concat(...payload), message.localInfo);
}

/** `message` without what the worker that sent it said of its peer. */
export function withoutLocalInfo<M extends OutboundMessage>(message: M): M {
  const stripped = { ...message, localInfo: undefined };
  return isExclusive(message) ? markExclusive(stripped) : stripped;
}

/** How much more than the payload the memory that it is a view of may be. */
const MOST_AROUND = 4096;

/** `message` with a payload that keeps little memory but its own; itself when it does already. */
export function compact(message: OutboundMessage): OutboundMessage {
  const { payload } = message;
  if (!(payload instanceof Uint8Array) || payload.buffer.byteLength <= 2 * payload.length + MOST_AROUND) return message;
  return localMessage(message.onward, message.return, new Uint8Array(payload), message.localInfo);
}

/** How many payload bytes `message` has. */
export function payloadLength(message: OutboundMessage): number {
  const { payload } = message;
  if (payload instanceof Uint8Array) return payload.length;
  let length = 0;
  for (const part of payload) length += part.length;
  return length;
}

/** About what one hop takes in memory: its bytes, its key, the objects around them. */
const HOP_BYTES = 256;

/** How much memory `message` holds while it waits, about: a hostile one can have long routes and no payload. */
export function heldBytes(message: OutboundMessage): number {
  return payloadLength(message) + HOP_BYTES * (message.onward.length + message.return.length);
}
