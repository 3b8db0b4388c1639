/**
 * A node for anything: services, portals, relays, channels and connections, made and taken away over its control interface.
 *
 * Specification: `docs/commands.md` §8 · layer 5.
 * Read: general-node.ts, part.ts, way.ts, entrances.ts, access.ts; then the parts: portals/, channels/, messages/.
 * Invariants: a worker is reached only by the entrances it was admitted to; what a call recorded is there again after a start; a
 * part closes all that it opened.
 * Tests: beside the files; end to end in test/e2e/.
 */
export { type GeneralNode, type GeneralNodeOptions, startGeneralNode } from './general-node.ts';
export { accessTo, atMostOneASecond, type ProtectedResource } from './access.ts';
export { Entrances } from './entrances.ts';
export { inletPart, logPortal, outletPart, relayPart, targetDialer } from './portals/index.ts';
export { channelListenerPart, channelPart, connectionPart } from './channels/index.ts';
export { messagePart, sendFromHere, servicePart } from './messages/index.ts';
export { withTimeLimit } from './time-limit.ts';
export { trustAuthority, type TrustedAuthority } from './trusted-authority.ts';
export { openWay, type Trusted, type Way, type WayContext } from './way.ts';
