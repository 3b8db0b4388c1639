/**
 * Messages between nodes of one process, with seeded delay and loss: whole constellations under a simulated clock.
 *
 * Specification: `docs/protocol/tcp-transport.md` §2, §5 (the same messages and workers, no stream) · layer 2.
 * Read: memory-network.ts, memory-link.ts, memory-transport.ts.
 * Invariants: what crosses is encoded, so nothing is shared between nodes; order is kept; what is under way is bounded.
 * Tests: `memory-transport.test.ts`, which runs the conformance suite.
 */
export { MemoryNetwork, type MemoryNetworkOptions } from './memory-network.ts';
export { MemoryTransport } from './memory-transport.ts';
