/** Names of things of the home, for completion: nothing is made, changed or waited for. */
import path from 'node:path';
import { type Home, homeDirectory, openHomeAt } from '../../node/home/index.ts';
import { type InletStatus, outletName, type RelayStatus } from '../reports/portal-report.ts';
import type { Environment } from '../environment.ts';

/** How long a node may take to say what it has, milliseconds: somebody waits at the keyboard. */
const MAX_ANSWER_MS = 1000;

/** What has names. */
export type NameKind = 'node' | 'gateway' | 'identity' | 'vault' | 'project' | 'space' | 'inlet' | 'outlet' | 'relay';

/** The names there are. @param at the node that has inlets, outlets and relays; the default one unless given. */
export type NamesOf = (kind: NameKind, at: string | undefined) => Promise<readonly string[]>;

/** Names of the home that the environment names; none when there is no home. */
export function namesOfHome(environment: Environment): NamesOf {
  return async (kind, at) => {
    const directory = homeDirectory(environment);
    const { existsSync } = process.getBuiltinModule('node:fs');
    if (!existsSync(path.join(directory, 'database.sqlite3'))) return [];
    using home = openHomeAt(directory);
    return await LISTS[kind](home, at);
  };
}

const LISTS: Readonly<
  Record<NameKind, (home: Home, at: string | undefined) => readonly string[] | Promise<readonly string[]>>
> = {
  node: (home) => home.nodes.list().map(({ name }) => name),
  gateway: (home) =>
    home.nodes
      .list()
      .filter(({ kind }) => kind === 'gateway')
      .map(({ name }) => name),
  identity: (home) => home.identities.list().map(({ name }) => name),
  vault: async (home) => {
    const { listVaults } = await import('../../node/vaults/index.ts');
    return listVaults(home).map(({ name }) => name);
  },
  project: (home) => home.projects.list().map(({ name }) => name),
  space: (home) => home.spaces.list().map(({ name }) => name),
  inlet: (home, at) => ask(home, at, '/tcp-inlet/list', ({ alias }: InletStatus) => alias),
  outlet: (home, at) => ask(home, at, '/tcp-outlet/list', outletName),
  relay: (home, at) => ask(home, at, '/relay/list', ({ name }: RelayStatus) => name),
};

async function ask(
  home: Home,
  at: string | undefined,
  call: `/${string}`,
  nameOf: (item: never) => string,
): Promise<readonly string[]> {
  const node = home.nodes.list().find(({ name, isDefault }) => (at === undefined ? isDefault : name === at));
  if (node?.status !== 'running') return [];
  const { callNode } = await import('../nodes/on-node.ts');
  return (await callNode<readonly never[]>(home, node, call, {}, MAX_ANSWER_MS)).map(nameOf);
}
