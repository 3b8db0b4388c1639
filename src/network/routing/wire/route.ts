import { BareReader, BareWriter } from '../../../kernel/bare/index.ts';
import { CborReader, CborWriter } from '../../../kernel/cbor/index.ts';
import { quoted } from '../../../kernel/index.ts';
import {
  type Address,
  formatAddress,
  parseAddress,
  readAddress,
  readBareAddress,
  writeAddress,
  writeBareAddress,
} from './address.ts';
import { RoutingError } from './errors.ts';

/** Ours. Deviation: the reference takes routes of any length; a real one has fewer than ten hops. */
export const MAX_ROUTE_HOPS = 256;

/** Ours, as above: bytes of all its addresses together. Routes are kept: by what waits, by channels, relays and portals. */
export const MAX_ROUTE_BYTES: number = 8 * 1024;

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

/** Writes the array of addresses. */
export function writeRoute(writer: CborWriter, route: Route): void {
  writer.array(route.length);
  for (const hop of route) writeAddress(writer, hop);
}

/** Reads an array of addresses. @throws {CborError | RoutingError} CBOR_TOO_LONG above 256 hops, ROUTING_INVALID_ROUTE above 8 KiB. */
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

/** Reads the BARE form. @throws {BareError | RoutingError} ROUTING_INVALID_ROUTE above 256 hops or 8 KiB. */
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
