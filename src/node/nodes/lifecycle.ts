import { rmSync } from 'node:fs';
import { callControl, type ControlCall } from '../control/index.ts';
import { NodeError } from '../errors.ts';
import {
  type GeneralConfiguration,
  type Home,
  type NamedIdentity,
  type NodeRecord,
  removeFolder,
} from '../home/index.ts';
import { isBeingStarted, launch, type LaunchOptions, stopProcess } from '../process/index.ts';
import { systemClock } from '../system/index.ts';

/** What starts processes of ours. */
export interface Starter {
  /** The script that is this program. */
  readonly script: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** The process is to end when this one is gone. */
  readonly tied?: boolean | undefined;
}

/**
 * Starts a recorded node in the background; resolves when it is ready.
 * @throws {NodeError} NODE_START_FAILED with what it said
 */
export async function startNode(home: Home, name: string, starter: Starter): Promise<void> {
  await launch({
    ...launchOf(home, 'node', name, starter),
    directory: home.nodeDirectory(name),
    name: `the node ${name}`,
  });
}

/** What all launches of our own processes have in common. */
export function launchOf(
  home: Home,
  kind: 'node' | 'project',
  name: string,
  { script, environment, signal, tied = false }: Starter,
): Pick<LaunchOptions, 'command' | 'environment' | 'signal' | 'tied'> {
  return {
    command: [script, 'process', 'run', kind, name, ...(tied ? ['--tied'] : [])],
    environment: { ...environment, PERIGEE_HOME: home.directory },
    signal,
    tied,
  };
}

/**
 * Stops the process of a node; one that is gone counts as stopped.
 * @param onForce told before it is forced.
 * @throws {NodeError} NODE_STOP_FAILED
 */
export async function stopNode(home: Home, { name, process: id }: NodeRecord, onForce: () => void): Promise<void> {
  if (id === undefined) return;
  await stopProcess(id, `the node ${name}`, onForce);
  home.nodes.release(name, id);
}

/** Stops a node and removes all that was kept for it. @throws {NodeError} NODE_STOP_FAILED */
export async function deleteNode(home: Home, node: NodeRecord, onForce: () => void): Promise<void> {
  await stopNode(home, node, onForce);
  home.nodes.delete(node.name);
  removeFolder(home.nodeDirectory(node.name));
  rmSync(home.socketOf(node.name), { force: true });
}

/**
 * Records a general node, in place of a stopped one of its name, which takes nothing over from that one.
 * @throws {NodeError} NODE_RUNNING
 */
export function recordNode(
  home: Home,
  name: string,
  identity: NamedIdentity,
  configuration: GeneralConfiguration,
): void {
  home.database.write(() => {
    home.nodes.put({ name, kind: 'node', identity: identity.name, configuration });
    home.nodes.forgetResources(name);
  });
}

/** Whether a command, this one or another, is starting the node; it cannot be asked before that is done. */
export function isStarting(home: Home, { name }: NodeRecord): boolean {
  return isBeingStarted(home.nodeDirectory(name), systemClock.nowMs());
}

/**
 * Asks a running node over its control interface.
 * @throws {NodeError} NODE_NOT_RUNNING, NODE_CONTROL · {CodedError} what the node says
 */
export async function askNode(home: Home, node: NodeRecord, call: Omit<ControlCall, 'socket'>): Promise<unknown> {
  if (node.status !== 'running') {
    throw new NodeError('NODE_NOT_RUNNING', `The node ${node.name} is not running`, {
      remedy: `start it with: perigee node start ${node.name}`,
    });
  }
  return callControl({ ...call, socket: home.socketOf(node.name) });
}
