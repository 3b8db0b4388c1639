/** `list`, `show` and `delete` of what a running node has: one shape for every noun (`commands.md` §8.5, §8.9). */
import type { Command } from 'commander';
import type { Home, NodeRecord } from '../../node/home/index.ts';
import type { CommandDefinition } from '../command.ts';
import { deleteItems, requireNameOrAll } from '../questions/delete-items.ts';
import { withHome } from '../home.ts';
import { listOf } from '../output/list.ts';
import { callNode, nodeToUse } from './on-node.ts';
import type { Result } from '../output/output.ts';
import { showItems } from '../questions/show-items.ts';
import type { Style } from '../output/style.ts';

/** A noun of the control interface, whose items `POST /<path>/list` gives. */
export interface NodeNoun<T> {
  readonly path: string;
  /** Such as `relay`. */
  readonly singular: string;
  readonly plural: string;
  /** How the argument that names an item is shown, such as `ALIAS`. */
  readonly argument: string;
  /** What that argument is, such as `name of the relay`. */
  readonly meaning: string;
  readonly nameOf: (item: T) => string;
}

/** How a list looks. */
export interface NodeList<T> {
  readonly path: string;
  /** The flag that names the node; `--at` unless given. */
  readonly flag?: 'at' | 'to';
  readonly heading: (node: string) => string;
  /** Said when there are none. */
  readonly empty: (node: string) => string;
  readonly lines: (item: T, style: Style, node: string) => readonly string[];
  /** Without it the list has no JSON form. */
  readonly json?: (items: readonly T[]) => unknown;
  /** See {@link CommandDefinition.needsArguments}. */
  readonly needsArguments?: boolean;
}

type AtNode = { readonly at?: string; readonly to?: string };

/** Declares the flag that names the node. */
export function atNode(leaf: Command, flag: 'at' | 'to' = 'at'): Command {
  return leaf.option(`--${flag} <NODE>`, 'the node; the default one unless given');
}

/** Asks a node for its items. */
export function itemsOf<T>(home: Home, node: NodeRecord, path: string): Promise<readonly T[]> {
  return callNode<readonly T[]>(home, node, `/${path}/list`);
}

/** The command that lists them. */
export function listCommand<T>(list: NodeList<T>): CommandDefinition<AtNode> {
  const { path, flag, heading, empty, lines, json, needsArguments = false } = list;
  return {
    needsArguments,
    configure: (leaf) => atNode(leaf, flag),
    bare: {},
    run: (context, { at, to }) =>
      withHome(context, async (home) => {
        const { output } = context;
        const node = await nodeToUse(context, home, at ?? to);
        const items = await itemsOf<T>(home, node, path);
        const rows = items.map((item) => lines(item, output.resultStyle, node.name));
        output.result({
          plain: listOf(output, heading(node.name), rows, empty(node.name)),
          ...(json !== undefined && { json: json(items) }),
        });
      }),
  };
}

/** The command that shows one, or those that a person picks. @param unnamed said when no name was given and nobody can be asked. */
export function showCommand<T>(
  noun: NodeNoun<T>,
  unnamed: string,
  report: (item: T, node: NodeRecord, style: Style) => Result,
): CommandDefinition<AtNode> {
  const { path, singular, plural, argument, meaning, nameOf } = noun;
  return {
    configure: (leaf) => atNode(leaf.argument(`[${argument}]`, `${meaning}; asked for on a terminal`)),
    bare: {},
    run: (context, { at }, [name]) =>
      withHome(context, async (home) => {
        const node = await nodeToUse(context, home, at);
        await showItems(context, {
          items: await itemsOf<T>(home, node, path),
          nameOf,
          singular,
          plural,
          where: ` on node ${node.name}`,
          name,
          unnamed,
          report: (item) => report(item, node, context.output.resultStyle),
        });
      }),
  };
}

/** How items are deleted. */
export interface NodeDeletion {
  /** What `--all` says in help; without it there is no such flag. */
  readonly all?: string;
  readonly remove: (home: Home, node: NodeRecord, name: string) => Promise<void>;
  /** How the deletion of a name is put. */
  readonly done: (name: string, node: string) => string;
  /** Of a deleted item. */
  readonly json?: (name: string, node: string) => unknown;
  /** See `Deletion`. */
  readonly forScripts?: 'name' | 'json' | 'text';
}

/** The command that deletes one, those that a person picks, or all. */
export function deleteCommand<T>(
  { path, singular, plural, argument, meaning, nameOf }: NodeNoun<T>,
  { all: allMeaning, remove, done, json, forScripts }: NodeDeletion,
): CommandDefinition<AtNode & { readonly all?: true; readonly yes?: true }> {
  return {
    configure: (leaf) => {
      atNode(leaf.argument(`[${argument}]`, meaning));
      if (allMeaning !== undefined) leaf.option('--all', allMeaning);
      leaf.option('-y, --yes', 'do not ask');
    },
    run: (context, { at, all, yes }, [name]) => {
      requireNameOrAll(name, all);
      return withHome(context, async (home) => {
        const node = await nodeToUse(context, home, at);
        const items = await itemsOf<T>(home, node, path);
        await deleteItems(context, {
          items: items.map((item) => ({ name: nameOf(item) })),
          singular,
          plural,
          name,
          all,
          yes,
          remove: (item) => remove(home, node, item.name),
          done: (gone) => done(gone, node.name),
          json: json === undefined ? undefined : (gone) => json(gone, node.name),
          forScripts,
        });
      });
    },
  };
}
