/**
 * The control interface of a process: HTTP on a socket file in the home, for its owner's commands only.
 *
 * Specification: `docs/commands.md` §7.5 · layer 5.
 * Read: server.ts, client.ts.
 * Invariants: never on the network; the socket has mode 0600 in a directory of mode 0700; bodies, connections and waits are bounded.
 * Tests: control.test.ts.
 */
export { type ControlCall, callControl } from './client.ts';
export { type ControlHandler, type ControlServer, listenForControl, MAX_CONTROL_BYTES } from './server.ts';
