import { BareReader, BareWriter } from '../../../kernel/bare/index.ts';
import { CborReader, CborWriter } from '../../../kernel/cbor/index.ts';
import { EMPTY } from '../../../kernel/bytes/index.ts';
import { RoutingError } from './errors.ts';
import { type Route, readBareRoute, readRoute, writeBareRoute } from './route.ts';
import { RouteScanner } from './route-scanner.ts';

/** A message between two nodes (`routing.md` §5.2): routes and payload, nothing else of a local message. */
export interface TransportMessage {
  readonly onward: Route;
  readonly return: Route;
  readonly payload: Uint8Array;
  /** A JSON object as text; without effect on routing (`routing.md` §6). */
  readonly tracing?: string | undefined;
}

/** CBOR `[onward, return, payload, tracing?]`, the form on TCP; tracing is left out when there is none. */
export function encodeTransportMessage(message: TransportMessage): Uint8Array {
  const { payload, tracing } = message;
  const tail = tracing === undefined ? EMPTY : new CborWriter().text(tracing).finish();
  const headBytes = transportHeadLength(message, payload.length);
  const encoded = new Uint8Array(headBytes + payload.length + tail.length);
  encodeTransportHead(message, payload.length, encoded, 0);
  if (tracing !== undefined) encoded[0] = 0x84;
  encoded.set(payload, headBytes);
  encoded.set(tail, headBytes + payload.length);
  return encoded;
}

/** Reads the CBOR form; the payload is a view of `bytes`. @throws {CborError | RoutingError} */
export function decodeTransportMessage(bytes: Uint8Array): TransportMessage {
  return scanTransportMessage(bytes) ?? readTransportMessage(bytes);
}

/** The message in one of the two usual forms; undefined for every other. */
function scanTransportMessage(bytes: Uint8Array): TransportMessage | undefined {
  const scanner = new RouteScanner(bytes);
  const fields = scanner.head(0x80);
  if (fields !== 3 && fields !== 4) return undefined;
  const onward = scanner.route();
  const returnRoute = onward && scanner.route();
  const payload = returnRoute && scanner.bytes();
  if (onward === undefined || returnRoute === undefined || payload === undefined) return undefined;
  if (fields === 3) return { onward, return: returnRoute, payload, tracing: undefined };
  const tracing = scanner.text();
  return tracing === undefined ? undefined : { onward, return: returnRoute, payload, tracing };
}

/** The message in any form that the reference decodes. */
function readTransportMessage(bytes: Uint8Array): TransportMessage {
  const reader = new CborReader(bytes);
  const fields = reader.array();
  const onward = fields.required('onward route', () => readRoute(reader));
  const returnRoute = fields.required('return route', () => readRoute(reader));
  const payload = fields.required('payload', () => reader.bytes());
  const tracing = fields.optional(() => reader.text());
  fields.end();
  return { onward, return: returnRoute, payload, tracing };
}

/** The versions of the older, BARE form (`routing.md` §5.3). */
export type BareMessageVersion = 1 | 2;

/** The BARE form; both versions end with the optional tracing text. */
export function encodeBareTransportMessage(message: TransportMessage, version: BareMessageVersion = 2): Uint8Array {
  const writer = new BareWriter(message.payload.length + 256);
  writer.u8(version);
  writeBareRoute(writer, message.onward);
  writeBareRoute(writer, message.return);
  writer.data(message.payload);
  if (message.tracing === undefined) writer.bool(false);
  else writer.bool(true).string(message.tracing);
  return writer.finish();
}

/**
 * Reads the BARE form; the payload is a view of `bytes`. Version 1 has no tracing text to read.
 * @throws {BareError | RoutingError} ROUTING_INVALID_MESSAGE for any other version.
 */
export function decodeBareTransportMessage(bytes: Uint8Array): TransportMessage {
  const reader = new BareReader(bytes);
  const version = reader.u8();
  if (version !== 1 && version !== 2) {
    throw new RoutingError('ROUTING_INVALID_MESSAGE', `message version 1 or 2 was expected, not ${version}`);
  }
  const onward = readBareRoute(reader);
  const returnRoute = readBareRoute(reader);
  const payload = reader.data();
  const tracing = version === 2 && reader.bool() ? reader.string() : undefined;
  return { onward, return: returnRoute, payload, tracing };
}

/** How many bytes {@link encodeTransportHead} writes. */
export function transportHeadLength(
  message: Pick<TransportMessage, 'onward' | 'return'>,
  payloadLength: number,
): number {
  return 1 + routeLength(message.onward) + routeLength(message.return) + headLength(payloadLength);
}

/**
 * Writes the CBOR form without tracing up to the first byte of the payload into `target` at `at`, for senders that write
 * the payload separately; `target` must have room for {@link transportHeadLength} bytes.
 */
export function encodeTransportHead(
  message: Pick<TransportMessage, 'onward' | 'return'>,
  payloadLength: number,
  target: Uint8Array,
  at: number,
): void {
  target[at] = 0x83;
  const afterOnward = putRoute(message.onward, target, at + 1);
  const afterReturn = putRoute(message.return, target, afterOnward);
  putHead(0x40, payloadLength, target, afterReturn);
}

function routeLength(route: Route): number {
  let length = headLength(route.length);
  for (const { type, bytes } of route) length += 1 + headLength(type) + headLength(bytes.length) + bytes.length;
  return length;
}

function putRoute(route: Route, target: Uint8Array, at: number): number {
  let end = putHead(0x80, route.length, target, at);
  for (const { type, bytes } of route) {
    target[end] = 0x82;
    end = putHead(0x00, type, target, end + 1);
    end = putHead(0x40, bytes.length, target, end);
    target.set(bytes, end);
    end += bytes.length;
  }
  return end;
}

function headLength(argument: number): number {
  if (argument < 24) return 1;
  if (argument < 0x100) return 2;
  return argument < 0x1_0000 ? 3 : 5;
}

function putHead(major: number, argument: number, target: Uint8Array, at: number): number {
  if (argument < 24) {
    target[at] = major | argument;
    return at + 1;
  }
  const size = headLength(argument) - 1;
  target[at] = major | (size === 1 ? 24 : size === 2 ? 25 : 26);
  for (let i = 0; i < size; i++) target[at + 1 + i] = argument >>> (8 * (size - 1 - i));
  return at + 1 + size;
}
