/**
 * What a process of ours does from its start to its end: a node, or the service process of a project.
 *
 * Specification: `docs/commands.md` §7 · layer 5.
 * Read: options.ts, run-node.ts (general-body.ts, gateway-body.ts, sat-body.ts, authority-body.ts), run-project.ts.
 * Invariants: the name is claimed before anything is opened, and released whatever happens; the control interface answers only
 * when everything is up; the end waits for work in flight, but not for ever.
 * Tests: end to end in test/e2e/.
 */
import { errorType } from '../../kernel/index.ts';
import { activeSpan } from '../telemetry/index.ts';
import type { RunOptions } from './options.ts';

export type { RunOptions } from './options.ts';

/**
 * Runs a recorded node, or the service process of a project by its id, until the signal is aborted. Only what it needs is
 * loaded: a constellation is many processes, and each of them has to start.
 * @throws {NodeError} NODE_RUNNING, NODE_UNKNOWN, NODE_CONTROL, and whatever keeps its kind from starting
 */
export async function runProcess(kind: 'node' | 'project', options: RunOptions): Promise<void> {
  const { tracing, environment, name } = options;
  if (tracing === undefined) return runKind(kind, options);
  // A command in whose process this runs, or one that started this process.
  const above = activeSpan() === undefined ? { parent: environment['TRACEPARENT'] ?? '' } : {};
  const span = tracing.begin(`${kind} start`, { ...above, attributes: { 'perigee.node': name } });
  const onReady = (): void | Promise<void> => {
    // What the process does from now on is no part of its start.
    span.end();
    return options.onReady();
  };
  try {
    return await span.within(() => runKind(kind, { ...options, onReady }));
  } catch (error) {
    span.end(errorType(error));
    throw error;
  }
}

async function runKind(kind: 'node' | 'project', options: RunOptions): Promise<void> {
  if (kind === 'project') {
    const { runProject } = await import('./run-project.ts');
    return runProject(options);
  }
  const { runNode } = await import('./run-node.ts');
  return runNode(options);
}
