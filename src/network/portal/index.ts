/**
 * TCP portals: a service of one network used in another as if it were local, over a route and usually a secure channel.
 *
 * Specification: `docs/protocol/portal.md` §1–§8 · layer 2.
 * Read: outlet.ts, inlet.ts, connection.ts (one connection, either end), local-end.ts (its socket), portal-message.ts, access.ts.
 * Invariants: no data before the Pong; a stream arrives complete and in order or is cut off visibly; every message passes two
 * controls; a slow end slows the other one down; connections, waits and memory are bounded; all of it ends with the router.
 * Vectors: `docs/protocol/portal.md` §9, decoded by `portal-message.test.ts`; end to end in `portal.test.ts`, `refusal.test.ts`,
 * `loss.test.ts`; against a peer made by hand in `peer.test.ts`.
 */
export type { PortalAccess } from './access.ts';
export { PortalError } from './errors.ts';
export type { ConnectionEnd, EndReason, PortalEvent } from './events.ts';
export { type Inlet, type InletOptions, openInlet } from './inlet.ts';
export { type Dial, type Outlet, type OutletOptions, startOutlet } from './outlet.ts';
