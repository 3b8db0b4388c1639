/**
 * A node inside a program, for those who use Perigee as a library: identity, channels, services, portals, relays, credentials.
 *
 * Specification: `docs/library.md` · layer 5.
 * Read: options.ts, open-node.ts, embedded-node.ts, inside.ts, admission.ts, credentials.ts.
 * Invariants: nobody reaches anything without a secure channel and without being allowed; who is dialled is named by the caller;
 * all that was opened ends with the node.
 * Tests: open-node.test.ts; the examples of the documentation in test/e2e/library.test.ts.
 */
export { type Closeable, EmbeddedNode, type NodeRelay } from './embedded-node.ts';
export type { Stated } from './credentials.ts';
export type { AskOptions, NodeChannel } from './node-channel.ts';
export { openNode } from './open-node.ts';
export type { Answer } from './service.ts';
export type {
  Allow,
  InletOptions,
  IssueOptions,
  NodeOptions,
  OutletOptions,
  Peer,
  RelayOptions,
  WayOptions,
} from './options.ts';
