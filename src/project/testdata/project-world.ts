import assert from 'node:assert/strict';
import { createNetworkNode, type NetworkNode } from '../../../test/support/network-node.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import { MemoryNetwork, MemoryTransport } from '../../network/transport/memory/index.ts';
import {
  type Authority,
  type AuthorityEvent,
  type AuthorityOptions,
  type MemberAttributes,
  MemoryMemberStore,
  MemoryRevocationStore,
  MemoryTokenStore,
  startAuthority,
} from '../authority/index.ts';
import {
  type AuthoritySession,
  type CheckedTicket,
  enroll,
  type Enrollment,
  type EnrollOptions,
  formatTicket,
  MemoryCredentialStore,
  openAuthoritySession,
  parseServiceRoute,
  parseTicket,
  projectModelOf,
  type ReadyProject,
  readyProject,
} from '../enrollment/index.ts';
import { type ProjectNode, type ProjectNodeEvent, type ProjectNodeOptions, startProjectNode } from '../relay-service/index.ts';

/** A node with a way into the world's network. */
export interface Person extends NetworkNode {
  readonly id: Identifier;
  readonly transport: MemoryTransport;
  readonly credentials: MemoryCredentialStore;
}

/** A project in one process: an authority, a project node and one enroller, under a clock that stands still. */
export interface ProjectWorld {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly authorityNode: Person;
  readonly authority: Authority;
  readonly projectNode: Person;
  readonly node: ProjectNode;
  readonly project: ReadyProject;
  readonly enroller: Person;
  readonly members: MemoryMemberStore;
  readonly tokens: MemoryTokenStore;
  readonly revocations: MemoryRevocationStore;
  readonly authorityEvents: AuthorityEvent[];
  readonly nodeEvents: ProjectNodeEvent[];
  readonly person: () => Promise<Person>;
  /** Runs the simulated time until `promise` has settled. */
  readonly eventually: <T>(promise: Promise<T>) => Promise<T>;
  readonly session: (person: Person) => Promise<AuthoritySession>;
  /** A ticket made by the enroller. */
  readonly ticket: (
    attributes: Record<string, string>,
    limits?: { readonly ttlSeconds?: number; readonly uses?: number },
  ) => Promise<CheckedTicket>;
  readonly enroll: (person: Person, ticket: CheckedTicket, options?: Partial<EnrollOptions>) => Promise<Enrollment>;
}

export const ENROLLER_ATTRIBUTES: MemberAttributes = new Map([
  ['ockam-role', 'enroller'],
  ['ockam-relay', '*'],
]);

export async function createPerson(clock: VirtualClock, network: MemoryNetwork): Promise<Person> {
  const node = await createNetworkNode(clock);
  const transport = new MemoryTransport(node.router, network);
  return { ...node, id: node.identity.identifier, transport, credentials: new MemoryCredentialStore() };
}

export async function createProject(
  options: { readonly authority?: Partial<AuthorityOptions>; readonly node?: Partial<ProjectNodeOptions> } = {},
): Promise<ProjectWorld> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock });
  const [authorityNode, projectNode, enroller] = [
    await createPerson(clock, network),
    await createPerson(clock, network),
    await createPerson(clock, network),
  ];
  const members = new MemoryMemberStore();
  const tokens = new MemoryTokenStore();
  const revocations = new MemoryRevocationStore();
  const authorityEvents: AuthorityEvent[] = [];
  const nodeEvents: ProjectNodeEvent[] = [];
  const authority = await startAuthority({
    channels: authorityNode.channels,
    transport: authorityNode.transport,
    listenAt: 'authority.test:4000',
    identity: authorityNode.id,
    projectId: 'p1',
    members,
    tokens,
    revocations,
    preTrusted: new Map([[enroller.id, ENROLLER_ATTRIBUTES]]),
    onEvent: (event) => authorityEvents.push(event),
    ...options.authority,
  });
  await projectNode.identities.receive(authorityNode.identity.history);
  const node = await startProjectNode({
    channels: projectNode.channels,
    transport: projectNode.transport,
    listenAt: 'project.test:4000',
    identity: projectNode.id,
    authority: authorityNode.id,
    onEvent: (event) => nodeEvents.push(event),
    ...options.node,
  });
  const model = projectModelOf({
    id: 'p1',
    name: 'default',
    spaceId: 's1',
    spaceName: 'default',
    node: {
      identity: projectNode.identity,
      route: parseServiceRoute('/dnsaddr/project.test/tcp/4000/service/api', 'route'),
    },
    authority: {
      identity: authorityNode.identity,
      route: parseServiceRoute('/dnsaddr/authority.test/tcp/4000/service/api', 'route'),
    },
  });

  const eventually = async <T>(promise: Promise<T>): Promise<T> => {
    let done = false;
    const watch = promise.finally(() => (done = true));
    watch.catch(() => undefined);
    for (let i = 0; i < 2000 && !done; i++) await clock.advance(1);
    assert.ok(done, 'it settles');
    return promise;
  };
  const session = (person: Person): Promise<AuthoritySession> =>
    eventually(
      openAuthoritySession({
        channels: person.channels,
        transport: person.transport,
        identity: person.id,
        authority: authorityNode.id,
        route: parseServiceRoute('/dnsaddr/authority.test/tcp/4000/service/api', 'route'),
      }),
    );
  const ticket: ProjectWorld['ticket'] = async (attributes, limits = {}) => {
    const inviting = await session(enroller);
    const oneTimeCode = await eventually(
      inviting.createToken({ attributes: new Map(Object.entries(attributes)), ...limits }),
    );
    await eventually(inviting.close());
    return parseTicket(formatTicket({ oneTimeCode, model }));
  };
  return {
    clock,
    network,
    authorityNode,
    authority,
    projectNode,
    node,
    project: readyProject(model),
    enroller,
    members,
    tokens,
    revocations,
    authorityEvents,
    nodeEvents,
    person: () => createPerson(clock, network),
    eventually,
    session,
    ticket,
    enroll: (person, { project, oneTimeCode }, more) =>
      eventually(
        enroll({
          channels: person.channels,
          transport: person.transport,
          identity: person.id,
          credentials: person.credentials,
          project,
          oneTimeCode,
          ...more,
        }),
      ),
  };
}
