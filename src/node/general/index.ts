/**
 * A node for anything: services, portals, relays, channels and connections, made and taken away over its control interface.
 *
 * Specification: `docs/commands.md` §8 · layer 5.
 * Read: general-node.ts, part.ts, way.ts, entrances.ts, access.ts; then a part each.
 * Invariants: a worker is reached only by the entrances it was admitted to; what a call recorded is there again after a start; a
 * part closes all that it opened.
 * Tests: beside the files; end to end in test/e2e/.
 */
export { type GeneralNode, type GeneralNodeOptions, startGeneralNode } from './general-node.ts';
export { accessTo, atMostOneASecond, type ProtectedResource } from './access.ts';
export { Entrances } from './entrances.ts';
export { inletPart } from './inlets.ts';
export { outletPart, targetDialer } from './outlets.ts';
export { relayPart } from './relays.ts';
export { channelListenerPart } from './channel-listeners.ts';
export { channelPart } from './channels.ts';
export { connectionPart } from './connections.ts';
export { messagePart } from './messages.ts';
export { sendFromHere } from './send-from-here.ts';
export { servicePart } from './services.ts';
export { logPortal } from './portal-log.ts';
export { withTimeLimit } from './time-limit.ts';
export { openWay, type Way, type WayContext } from './way.ts';
