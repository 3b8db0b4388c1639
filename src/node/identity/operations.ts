import { quoted } from '../../kernel/index.ts';
import { changeHistoryFromHex } from '../../trust/identity/index.ts';
import { NodeError } from '../errors.ts';
import type { Home, NamedIdentity } from '../home/index.ts';
import { randomName } from '../names/index.ts';
import { systemRandom } from '../system/index.ts';
import { ensureVault, type VaultRecord } from '../vaults/index.ts';
import { identitiesOf } from './stores.ts';

/** Where the keys of a new identity go. */
export interface VaultChoice {
  /** Name of the vault, made if there is none; the default one unless given. */
  readonly vault?: string | undefined;
  /** Told when it had to be made. */
  readonly onVault?: ((vault: VaultRecord) => void) | undefined;
}

/**
 * Makes an identity under `name`, or under a random one; returns the one that has the name already.
 * @throws {NodeError} NODE_INVALID_NAME, NODE_VAULT for the vault · {StorageError}
 */
export async function createIdentity(home: Home, name?: string, choice: VaultChoice = {}): Promise<NamedIdentity> {
  const { identities: registry } = home;
  const chosen = name ?? freeName(home);
  const existing = registry.get(chosen);
  if (existing !== undefined) return existing;
  const vault = ensureVault(home, choice.vault, choice.onVault ?? (() => undefined));
  const identities = identitiesOf(home, vault.path);
  const { identifier } = await identities.create();
  const named = registry.add(chosen, identifier, vault.name);
  // Another process has just given the name away: nobody knows ours.
  if (named.identifier !== identifier) await identities.delete(identifier);
  return named;
}

/**
 * Gives a name to the identity of somebody else, of whom there is a change history and no key.
 * @param historyHex its change history, hex.
 * @throws {NodeError} NODE_IN_USE when the name stands for another identity · {IdentityError} for a history that is not valid
 */
export async function importIdentity(
  home: Home,
  name: string | undefined,
  historyHex: string,
  choice: VaultChoice = {},
): Promise<NamedIdentity> {
  const identities = identitiesOf(home);
  const identity = await identities.examine(changeHistoryFromHex(historyHex));
  const chosen = name ?? freeName(home);
  const existing = home.identities.get(chosen);
  if (existing !== undefined && existing.identifier !== identity.identifier) {
    throw new NodeError('NODE_IN_USE', `the name ${quoted(chosen)} stands for another identity`);
  }
  const vault = ensureVault(home, choice.vault, choice.onVault ?? (() => undefined));
  await identities.remember(identity);
  return home.identities.add(chosen, identity.identifier, vault.name);
}

function freeName({ identities }: Home): string {
  return randomName(systemRandom, (taken) => identities.get(taken) !== undefined);
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
  // An imported identity may have a second name; the keys stay for that one.
  if (home.identities.list().some(({ identifier }) => identifier === named.identifier)) return;
  await identitiesOf(home).delete(named.identifier);
}
