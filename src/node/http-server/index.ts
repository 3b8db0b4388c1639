/**
 * A small HTTP server that only tells: what a node is and does, or its metrics. Layer 5. Read: read-only-server.ts.
 * Invariants: nothing can be changed through it; connections, waits and heads are bounded. Tests: beside the file, test/e2e/node.test.ts, metrics/.
 */
export {
  listenReadOnly,
  type ReadOnlyReply,
  type ReadOnlyServer,
  type ReadOnlyServerOptions,
} from './read-only-server.ts';
