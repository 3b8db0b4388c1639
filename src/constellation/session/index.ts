/**
 * What gateway and Sat have in common: the link between them, whom each accepts, one session with its signs of life.
 *
 * Specification: `docs/protocol/constellation.md` §1, §3, §4 · layer 3.
 * Read: link.ts, peer-rule.ts, session.ts, channel-link.ts.
 * Invariants: a peer is checked before anything is offered to it and again when its credential ends; a session ends once,
 * tells the peer a generic word and the local log the reason; a link that loses a message closes.
 * Tests: beside the files; `testdata/memory-link.ts` is a link without network, `channel-link.test.ts` one over nodes.
 */
export {
  acceptLinks,
  type AcceptLinksOptions,
  type AttestedPeers,
  CONSTELLATION_ADDRESS,
  dialLink,
  type DialLinkOptions,
  type LinkAcceptor,
} from './channel-link.ts';
export type { Link, LinkHandlers, LinkPeer, PeerAttributes } from './link.ts';
export {
  checkPeer,
  GATEWAY_ATTRIBUTE,
  type PeerRule,
  type PeerVerdict,
  type PeerWatcher,
  SAT_ATTRIBUTE,
  watchPeer,
} from './peer-rule.ts';
export { type Heartbeat, Session, type SessionEnd, type SessionOptions } from './session.ts';
