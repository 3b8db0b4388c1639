import { projectFromJson, readyProject } from '../../project/enrollment/index.ts';
import { RevocationGuard } from '../../project/revocation/index.ts';
import { SqliteCredentialStore, SqliteRevocationStore } from '../../storage/sqlite/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import { listenForControl } from '../control/index.ts';
import { type Core, createCore, joinProject, logRevoked, type Membership, requireOwnKey } from '../core/index.ts';
import { NodeError } from '../errors.ts';
import type { Home, NodeRecord } from '../home/index.ts';
import { coreStores } from '../identity/index.ts';
import { systemClock } from '../system/index.ts';
import { aborted } from './aborted.ts';
import type { Body, BodyParts } from './body.ts';
import type { RunOptions } from './options.ts';

/** How long work in flight may take after a node was told to end, milliseconds. */
const DRAIN_MS = 10_000;

/** All own credentials of a home are kept together: nodes with one identity share them. */
const CREDENTIALS_OF_HOME = '';

/**
 * Runs a node until `signal` is aborted.
 * @throws {NodeError} NODE_RUNNING, NODE_UNKNOWN, NODE_CONTROL, and whatever keeps its kind from starting
 */
export async function runNode(options: RunOptions): Promise<void> {
  const { home, name, signal, onReady, tracing } = options;
  await using open = new AsyncDisposableStack();
  const record = home.nodes.claim(name);
  open.defer(() => home.nodes.release(name, process));
  const stores = coreStores(home, name);
  const guard = new RevocationGuard({
    store: new SqliteRevocationStore(home.database),
    attributes: stores.attributes,
    clock: systemClock,
    onRevoked: (revocation, channels) => logRevoked(core, revocation, channels),
  });
  const core = createCore({ stores, guard, tracing, name: record.kind });
  open.defer(core.stop);
  const identity = home.identities.get(record.identity)?.identifier;
  if (identity === undefined)
    throw new NodeError('NODE_UNKNOWN', `the identity of the node ${name} is not known any more`);
  await requireOwnKey(core, identity);
  const membership = await membershipOf(core, home, record, { identity, guard });
  open.defer(() => membership?.close());
  const body = await bodyOf({ options, core, guard, identity, record }, membership);
  open.defer(() => body.close(DRAIN_MS));
  const control = await listenForControl(home.socketOf(name), body.handlers, tracing);
  open.defer(control.close);
  core.log.info('the {kind} {name} is up, process {pid}', { kind: record.kind, name, pid: process.pid });
  await onReady();
  await aborted(signal);
  core.log.info('the {kind} {name} ends: {reason}', { kind: record.kind, name, reason: String(signal.reason) });
}

async function membershipOf(
  core: Core,
  home: Home,
  record: NodeRecord,
  { identity, guard }: { readonly identity: Identifier; readonly guard: RevocationGuard },
): Promise<Membership | undefined> {
  const { project: projectId } = record.configuration as { readonly project?: string };
  if (projectId === undefined) return undefined;
  const known = home.projects.byId(projectId);
  if (known === undefined)
    throw new NodeError('NODE_UNKNOWN', `the project of the node ${record.name} is not known any more`);
  return joinProject(core, {
    project: readyProject(projectFromJson(known.model)),
    identity,
    credentials: new SqliteCredentialStore(home.database, CREDENTIALS_OF_HOME),
    guard,
  });
}

async function bodyOf(parts: BodyParts, membership: Membership | undefined): Promise<Body> {
  const { kind, name } = parts.record;
  if (kind === 'node') {
    const { generalBody } = await import('./general-body.ts');
    return generalBody(parts, membership);
  }
  if (kind === 'authority') {
    const { authorityBody } = await import('./authority-body.ts');
    return authorityBody(parts);
  }
  if (membership === undefined)
    throw new NodeError('NODE_UNKNOWN', `the ${kind} ${name} was recorded without its project`);
  if (kind === 'gateway') {
    const { gatewayBody } = await import('./gateway-body.ts');
    return gatewayBody({ ...parts, membership });
  }
  const { satBody } = await import('./sat-body.ts');
  return satBody({ ...parts, membership });
}
