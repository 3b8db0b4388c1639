/**
 * A gateway as a process: HTTP on one side, Sats on the other, which come through the project or directly.
 *
 * Specification: `docs/protocol/constellation.md` · layer 5.
 * Read: configuration.ts, gateway-node.ts, recent-requests.ts.
 * Invariants: only members of the project with the right attribute become Sats; a bundle that is served is kept, so that the
 * gateway comes back with it.
 * Tests: end to end in test/e2e/constellation.test.ts.
 */
export { bundleFile, type GatewayConfiguration, saveBundle } from './configuration.ts';
export { type GatewayNode, type GatewayNodeOptions, startGatewayNode } from './gateway-node.ts';
export type { RecentRequest } from './recent-requests.ts';
