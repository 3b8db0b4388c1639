/**
 * What of routing crosses the wire or is written by people: addresses, routes, messages between nodes, MultiAddr.
 *
 * Specification: `docs/protocol/routing.md` §3–§6, §12, §14 · layer 2, pure.
 * Read: address.ts, route.ts, transport-message.ts, route-scanner.ts, multi-addr.ts, hostname-port.ts, flow-control-id.ts.
 * Invariants: values never change; every length is bounded; a decoder gives a value or a coded error, whatever it is fed.
 * Vectors: `docs/protocol/routing.md` §15, decoded by `vectors.test.ts`.
 */
export {
  type Address,
  addressName,
  createAddress,
  formatAddress,
  localAddress,
  MAX_ADDRESS_BYTES,
  parseAddress,
  randomAddress,
  readAddress,
  readBareAddress,
  sameAddress,
  TRANSPORT_TYPE,
  writeAddress,
  writeBareAddress,
} from './address.ts';
export { RoutingError } from './errors.ts';
export {
  decodeFlowControlId,
  encodeFlowControlId,
  type FlowControlId,
  randomFlowControlId,
} from './flow-control-id.ts';
export {
  decodeHostnamePort,
  dialHost,
  encodeHostnamePort,
  formatHostnamePort,
  type HostnamePort,
  hostnamePort,
  parseHostnamePort,
} from './hostname-port.ts';
export {
  decodeMultiAddr,
  encodeMultiAddr,
  formatMultiAddr,
  type MultiAddr,
  type MultiAddrPart,
  type MultiAddrProtocol,
  parseMultiAddr,
  readMultiAddr,
  writeMultiAddr,
} from './multi-addr.ts';
export { RouteScanner } from './route-scanner.ts';
export {
  decodeBareRoute,
  decodeRoute,
  EMPTY_ROUTE,
  encodeBareRoute,
  encodeRoute,
  formatRoute,
  isBeyondRouteBounds,
  isReadableRoute,
  MAX_ROUTE_BYTES,
  MAX_ROUTE_HOPS,
  parseRoute,
  prepend,
  readBareRoute,
  readRoute,
  type Route,
  sameRoute,
  writeBareRoute,
  writeRoute,
} from './route.ts';
export {
  type BareMessageVersion,
  decodeBareTransportMessage,
  decodeTransportMessage,
  encodeBareTransportMessage,
  encodeTransportHead,
  encodeTransportMessage,
  transportHeadLength,
  type TransportMessage,
} from './transport-message.ts';
