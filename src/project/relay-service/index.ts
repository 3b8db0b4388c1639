/**
 * The node of a project: members that can only dial out register relays at it and are reached through them.
 *
 * Specification: `docs/protocol/project.md` §1, §6, `docs/protocol/relay.md` · layer 3.
 * Read: project-node.ts, membership.ts, relay-watch.ts.
 * Invariants: a relay needs a credential of the project that names it; only members keep a channel; what passes is sealed end to
 * end between others; a relay goes with its client's channel.
 * Tests: `project-node.test.ts`.
 */
export { type ProjectNode, type ProjectNodeEvent, type ProjectNodeOptions, startProjectNode } from './project-node.ts';
export { type RelayWatch, watchRelay } from './relay-watch.ts';
export { mayRegisterRelay } from './membership.ts';
