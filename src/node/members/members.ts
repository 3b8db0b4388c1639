import { readBundle } from '../../compute/bundle/index.ts';
import { GATEWAY_ATTRIBUTE, SAT_ATTRIBUTE } from '../../constellation/session/index.ts';
import { quoted } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';
import { type GatewayConfiguration, saveBundle } from '../gateway/configuration.ts';
import { type Home, type NamedIdentity, type ProjectRecord, removeFolder } from '../home/index.ts';
import { memberAttributes } from '../project/index.ts';
import type { SatConfiguration } from '../sat/configuration.ts';

/** A member of a project that is to run as a node. */
export interface NewMember<C> {
  readonly name: string;
  readonly identity: NamedIdentity;
  readonly project: ProjectRecord;
  readonly configuration: Omit<C, 'project'>;
}

/**
 * Records a gateway, once its identity is known to be allowed to be one and its bundle can be read.
 * @throws {NodeError} NODE_INPUT, NODE_RUNNING · {BundleError} · {EnrollmentError} ENROLLMENT_NO_CREDENTIAL
 */
export async function recordGateway(
  home: Home,
  gateway: NewMember<GatewayConfiguration>,
  bundle: Uint8Array,
): Promise<void> {
  const { name, identity, project, configuration } = gateway;
  await readBundle(bundle, configuration.compat === undefined ? {} : { compat: configuration.compat });
  const attributes = await memberAttributes(home, project, identity.identifier);
  require(attributes, GATEWAY_ATTRIBUTE, name, gateway, `perigee project ticket --gateway ${name}`);
  require(attributes, 'ockam-relay', name, gateway, `perigee project ticket --gateway ${name}`);
  home.nodes.put({
    name,
    kind: 'gateway',
    identity: identity.name,
    configuration: { ...configuration, project: project.id },
  });
  saveBundle(home.nodeDirectory(name), bundle);
}

/**
 * Records a Sat, once its identity is known to be allowed to be one.
 * @param gateway its gateway; undefined when the credential, or the only gateway here, says which one.
 * @throws {NodeError} NODE_INPUT, NODE_RUNNING · {EnrollmentError} ENROLLMENT_NO_CREDENTIAL
 */
export async function recordSat(
  home: Home,
  sat: NewMember<Omit<SatConfiguration, 'gateway'>>,
  gateway: string | undefined,
): Promise<string> {
  const { name, identity, project, configuration } = sat;
  const attributes = await memberAttributes(home, project, identity.identifier);
  const chosen = gateway ?? gatewayOf(home, project, attributes.get(SAT_ATTRIBUTE));
  require(attributes, SAT_ATTRIBUTE, chosen, sat, `perigee project ticket --sat ${chosen}`);
  home.nodes.put({
    name,
    kind: 'sat',
    identity: identity.name,
    configuration: { ...configuration, gateway: chosen, project: project.id } satisfies SatConfiguration,
  });
  return chosen;
}

/** Takes back what was recorded for a node that did not start; one of that name that another command has started meanwhile stays. */
export function forgetNode(home: Home, name: string): void {
  const isForgotten = home.database.write(() => {
    // Without its record nobody could stop its process.
    if (home.nodes.find(name)?.status === 'running') return false;
    home.nodes.delete(name);
    return true;
  });
  if (isForgotten) removeFolder(home.nodeDirectory(name));
}

function gatewayOf(home: Home, project: ProjectRecord, attested: string | undefined): string {
  if (attested !== undefined && attested !== '*') return attested;
  const here = home.nodes
    .list()
    .filter((node) => node.kind === 'gateway' && (node.configuration as GatewayConfiguration).project === project.id);
  const [only] = here;
  if (only !== undefined && here.length === 1) return only.name;
  throw new NodeError('NODE_INPUT', 'it is not known which gateway the Sat is for', {
    remedy: 'say so with --gateway NAME',
  });
}

function require(
  attributes: ReadonlyMap<string, string>,
  attribute: string,
  value: string,
  { identity, project }: Pick<NewMember<unknown>, 'identity' | 'project'>,
  ticket: string,
): void {
  const attested = attributes.get(attribute);
  if (attested === '*' || attested === value) return;
  const has = attested === undefined ? 'has no' : `has ${quoted(attested)} as its`;
  throw new NodeError(
    'NODE_INPUT',
    `the identity ${identity.name} ${has} attribute ${attribute} in the project ${project.name}, which must be ${quoted(value)} or "*"`,
    { remedy: `enroll it with a ticket that an enroller makes with: ${ticket}` },
  );
}
