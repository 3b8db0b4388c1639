/**
 * How messages find their worker: addresses, routes, the router of a node with its access and flow controls.
 *
 * Specification: `docs/protocol/routing.md` · layer 2.
 * Read: `wire/` (the values), local-message.ts, access-control.ts, flow-control.ts, worker.ts, router.ts, request.ts.
 * Invariants: nothing is delivered without the consent of two controls; a worker has one message at a time, in order;
 * queues and waits are bounded; a refusal is counted and never told to a peer; no promise on the way of a message.
 * Vectors: `wire/vectors.test.ts`; the order of checks and the bounds are in `router.test.ts`.
 */
export {
  type AccessControl,
  ALLOWED,
  allOf,
  allowAll,
  allowCarried,
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
export { Answers } from './answers.ts';
export { isExclusive, markExclusive, releaseMemory, releasePayload } from './exclusive.ts';
export {
  FlowControls,
  type Producer,
} from './flow-control.ts';
export {
  joined,
  type LocalInfo,
  type LocalMessage,
  localMessage,
  type OutboundMessage,
  partedMessage,
  payloadLength,
} from './local-message.ts';
export { formatRefusal, type Refusal, type RefusalCounts, type RefusalReason } from './refusal.ts';
export { DEFAULT_REQUEST_TIMEOUT_MS, type RequestOptions, request } from './request.ts';
export { Router, type RouterCounters, type RouterOptions } from './router.ts';
export { type ServiceOptions, startEcho, startHop, startUppercase } from './services.ts';
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
export {
  type Address,
  addressName,
  type BareMessageVersion,
  createAddress,
  decodeBareRoute,
  decodeBareTransportMessage,
  decodeFlowControlId,
  decodeHostnamePort,
  decodeMultiAddr,
  decodeRoute,
  decodeTransportMessage,
  dialHost,
  EMPTY_ROUTE,
  encodeBareRoute,
  encodeBareTransportMessage,
  encodeFlowControlId,
  encodeHostnamePort,
  encodeMultiAddr,
  encodeRoute,
  encodeTransportHead,
  encodeTransportMessage,
  type FlowControlId,
  formatAddress,
  formatHostnamePort,
  formatMultiAddr,
  formatRoute,
  type HostnamePort,
  hostnamePort,
  isBeyondRouteBounds,
  isReadableRoute,
  localAddress,
  MAX_ADDRESS_BYTES,
  MAX_ROUTE_BYTES,
  MAX_ROUTE_HOPS,
  type MultiAddr,
  type MultiAddrPart,
  type MultiAddrProtocol,
  parseAddress,
  parseHostnamePort,
  parseMultiAddr,
  parseRoute,
  prepend,
  randomAddress,
  randomFlowControlId,
  readAddress,
  readBareAddress,
  readBareRoute,
  readMultiAddr,
  readRoute,
  type Route,
  RouteScanner,
  RoutingError,
  sameAddress,
  sameRoute,
  TRANSPORT_TYPE,
  transportHeadLength,
  type TransportMessage,
  writeAddress,
  writeBareAddress,
  writeBareRoute,
  writeMultiAddr,
  writeRoute,
} from './wire/index.ts';
