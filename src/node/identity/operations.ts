import { quoted } from '../../kernel/index.ts';
import type { Identity } from '../../trust/identity/index.ts';
import { NodeError } from '../errors.ts';
import { type Home, type NamedIdentity, randomName } from '../home/index.ts';
import { systemRandom } from '../system/index.ts';
import { DEFAULT_VAULT, identitiesOf } from './stores.ts';

/** Makes an identity under `name`, or under a random one; returns the one that has the name already. */
export async function createIdentity(home: Home, name?: string): Promise<NamedIdentity> {
  const { identities: registry } = home;
  const chosen = name ?? randomName(systemRandom, (taken) => registry.get(taken) !== undefined);
  const existing = registry.get(chosen);
  if (existing !== undefined) return existing;
  const identities = identitiesOf(home.database);
  const { identifier } = await identities.create();
  const named = registry.add(chosen, identifier, DEFAULT_VAULT);
  // Another process has just given the name away: nobody knows ours.
  if (named.identifier !== identifier) await identities.delete(identifier);
  return named;
}

/**
 * The identity of that name, made if there is none; without a name the default one.
 * @param onCreated told when it had to be made.
 */
export async function ensureIdentity(
  home: Home,
  name: string | undefined,
  onCreated: (identity: NamedIdentity) => void,
): Promise<NamedIdentity> {
  const known = name === undefined ? home.identities.default() : home.identities.get(name);
  if (known !== undefined) return known;
  const made = await createIdentity(home, name);
  onCreated(made);
  return made;
}

/** The identity under `name` with its history. @throws {NodeError} NODE_UNKNOWN */
export async function identityOf(home: Home, name: string): Promise<Identity> {
  const named = home.identities.get(name);
  if (named === undefined) throw new NodeError('NODE_UNKNOWN', `no identifier found with name ${quoted(name)}`);
  return identitiesOf(home.database).get(named.identifier);
}

/**
 * Deletes an identity and its keys.
 * @throws {NodeError} NODE_UNKNOWN, NODE_IN_USE when nodes have it
 */
export async function deleteIdentity(home: Home, name: string): Promise<void> {
  const named = home.identities.get(name);
  if (named === undefined) throw new NodeError('NODE_UNKNOWN', `The identity ${quoted(name)} was not found`);
  const users = home.nodes.list().filter((node) => node.identity === name);
  if (users.length > 0) {
    const names = users.map((node) => node.name).join(', ');
    throw new NodeError(
      'NODE_IN_USE',
      `The identity named ${name} cannot be deleted because it is used by the node(s): ${names}`,
    );
  }
  home.identities.delete(name);
  await identitiesOf(home.database).delete(named.identifier);
}
