/**
 * How messages find their worker: addresses, routes, the router of a node with its access and flow controls.
 *
 * Specification: `docs/protocol/routing.md` · layer 2.
 * Read: address.ts, route.ts, local-message.ts, access-control.ts, flow-control.ts, worker.ts, router.ts, request.ts.
 * Invariants: nothing is delivered without the consent of two controls; a worker has one message at a time, in order;
 * queues and waits are bounded; a refusal is counted and never told to a peer; no promise on the way of a message.
 * Vectors: `docs/protocol/routing.md` §15, decoded by `vectors.test.ts`.
 */
export {
  type AccessControl,
  ALLOWED,
  allOf,
  allowAll,
  allowIncomingPeer,
  allowOnward,
  allowOutgoingPeer,
  allowSources,
  anyOf,
  cachedPeerDecision,
  type Delivery,
  denied,
  denyAll,
  type PeerDecision,
  type Terminal,
  type TerminalLookup,
  type Verdict,
} from './access-control.ts';
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
  recallAddress,
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
  FlowControls,
  type Producer,
  randomFlowControlId,
} from './flow-control.ts';
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
  joined,
  type LocalInfo,
  type LocalMessage,
  localMessage,
  type OutboundMessage,
  partedMessage,
  payloadLength,
} from './local-message.ts';
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
export { formatRefusal, type Refusal, type RefusalCounts, type RefusalReason } from './refusal.ts';
export { DEFAULT_REQUEST_TIMEOUT_MS, type RequestOptions, request } from './request.ts';
export {
  decodeBareRoute,
  decodeRoute,
  EMPTY_ROUTE,
  encodeBareRoute,
  encodeRoute,
  formatRoute,
  MAX_ROUTE_HOPS,
  parseRoute,
  prepend,
  type Route,
  readBareRoute,
  readRoute,
  sameRoute,
  writeBareRoute,
  writeRoute,
} from './route.ts';
export { RouteScanner } from './route-scanner.ts';
export { Router, type RouterCounters, type RouterOptions } from './router.ts';
export { type ServiceOptions, startEcho, startHop, startUppercase } from './services.ts';
export {
  type BareMessageVersion,
  decodeBareTransportMessage,
  decodeTransportMessage,
  encodeBareTransportMessage,
  encodeTransportHead,
  encodeTransportMessage,
  type TransportMessage,
  transportHeadLength,
} from './transport-message.ts';
export type {
  Handle,
  Mailbox,
  MailboxOptions,
  PartsWorkerOptions,
  RouterLimits,
  Sent,
  Worker,
  WorkerOptions,
} from './worker.ts';
