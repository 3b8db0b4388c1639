import { BareReader, BareWriter } from '../../../kernel/bare/index.ts';
import { CborReader, CborWriter } from '../../../kernel/cbor/index.ts';
import { hasCode, quoted } from '../../../kernel/errors/index.ts';
import {
  type Address,
  formatAddress,
  MAX_ADDRESS_BYTES,
  parseAddress,
  readAddress,
  readBareAddress,
  writeAddress,
  writeBareAddress,
} from './address.ts';
import { RoutingError } from './errors.ts';

/**
 * Ours. Deviation: the reference takes routes of any length; a real one has fewer than ten hops. Strangers make routes, and what waits,
 * channels, relays and portals keep them: each hop takes some 300 bytes of memory.
 */
export const MAX_ROUTE_HOPS = 64;

/** Ours, as above: bytes of all its addresses together. */
export const MAX_ROUTE_BYTES: number = 2 * 1024;

/** Addresses to visit, first hop first (`routing.md` §4). A value that is never changed in place; may be empty. */
export type Route = readonly Address[];

/** The route of no hops, shared. */
export const EMPTY_ROUTE: Route = Object.freeze([]);

/** A new route of `address` and then all of `route`. */
export function prepend(address: Address, route: Route): Route {
  return [address, ...route];
}

/** Whether `a` and `b` visit the same addresses in the same order. */
export function sameRoute(a: Route, b: Route): boolean {
  return a.length === b.length && a.every((hop, i) => hop.key === b[i]?.key);
}

/**
 * The route of a text such as `1#127.0.0.1:4000 => api`.
 * @throws {RoutingError} ROUTING_INVALID_ROUTE when empty, ROUTING_INVALID_ADDRESS for a bad hop.
 */
export function parseRoute(text: string): Route {
  if (text.trim() === '') {
    throw new RoutingError('ROUTING_INVALID_ROUTE', 'an empty text is no route', { remedy: 'write hops joined by =>' });
  }
  const hops = text.split('=>');
  if (hops.length > MAX_ROUTE_HOPS) throw tooLong(quoted(text));
  return hops.map((hop) => parseAddress(hop.trim()));
}

/** The text of `route`, hops joined by ` => `; empty for no hops. */
export function formatRoute(route: Route): string {
  return route.map(formatAddress).join(' => ');
}

/** Whether `route` from its hop `from` on is within the bounds that are read: one that is not would be refused by a peer like us. */
export function isReadableRoute(route: Route, from = 0): boolean {
  const hops = route.length - from;
  if (hops <= MAX_ROUTE_BYTES / MAX_ADDRESS_BYTES) return true;
  if (hops > MAX_ROUTE_HOPS) return false;
  let bytes = 0;
  for (let i = from; i < route.length; i++) bytes += route[i]?.bytes.length ?? 0;
  return bytes <= MAX_ROUTE_BYTES;
}

/** Whether `error`, raised while a message was read, says only that one of its routes is beyond our bounds: its sender is at no fault. */
export function isBeyondRouteBounds(error: unknown): boolean {
  return (
    hasCode(error, 'CBOR_TOO_LONG') ||
    hasCode(error, 'ROUTING_INVALID_ROUTE') ||
    hasCode(error, 'ROUTING_INVALID_ADDRESS')
  );
}

/** Writes the array of addresses. */
export function writeRoute(writer: CborWriter, route: Route): void {
  writer.array(route.length);
  for (const hop of route) writeAddress(writer, hop);
}

/** Reads an array of addresses. @throws {CborError | RoutingError} CBOR_TOO_LONG above 64 hops, ROUTING_INVALID_ROUTE above 2 KiB. */
export function readRoute(reader: CborReader): Route {
  let bytes = 0;
  return reader.list(() => {
    const hop = readAddress(reader);
    bytes += hop.bytes.length;
    if (bytes > MAX_ROUTE_BYTES) throw tooLarge();
    return hop;
  }, MAX_ROUTE_HOPS);
}

/** CBOR of `route` on its own. */
export function encodeRoute(route: Route): Uint8Array {
  const writer = new CborWriter();
  writeRoute(writer, route);
  return writer.finish();
}

/** The route that CBOR `bytes` hold. @throws {CborError | RoutingError} */
export function decodeRoute(bytes: Uint8Array): Route {
  return readRoute(new CborReader(bytes));
}

/** Writes the BARE form. */
export function writeBareRoute(writer: BareWriter, route: Route): void {
  writer.uint(route.length);
  for (const hop of route) writeBareAddress(writer, hop);
}

/** Reads the BARE form. @throws {BareError | RoutingError} ROUTING_INVALID_ROUTE above 64 hops or 2 KiB. */
export function readBareRoute(reader: BareReader): Route {
  const length = reader.uint();
  if (length > MAX_ROUTE_HOPS) throw tooLong(`${length} hops`);
  const hops: Address[] = [];
  let bytes = 0;
  for (let i = 0; i < length; i++) {
    const hop = readBareAddress(reader);
    bytes += hop.bytes.length;
    if (bytes > MAX_ROUTE_BYTES) throw tooLarge();
    hops.push(hop);
  }
  return hops;
}

/** BARE bytes of `route` on its own. */
export function encodeBareRoute(route: Route): Uint8Array {
  const writer = new BareWriter();
  writeBareRoute(writer, route);
  return writer.finish();
}

/** The route that BARE `bytes` hold. @throws {BareError | RoutingError} */
export function decodeBareRoute(bytes: Uint8Array): Route {
  return readBareRoute(new BareReader(bytes));
}

function tooLong(what: string): RoutingError {
  return new RoutingError('ROUTING_INVALID_ROUTE', `a route has at most ${MAX_ROUTE_HOPS} hops: ${what}`);
}

function tooLarge(): RoutingError {
  return new RoutingError(
    'ROUTING_INVALID_ROUTE',
    `the addresses of a route have at most ${MAX_ROUTE_BYTES} bytes together`,
  );
}
