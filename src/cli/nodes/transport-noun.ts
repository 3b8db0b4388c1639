/** `show` and `delete` of connections and TCP listeners, which have no names but addresses (`commands.md` §8.9). */
import type { Home, NodeRecord } from '../../node/home/index.ts';
import { transportAt, type TransportStatus } from '../reports/channel-report.ts';
import type { CommandDefinition } from '../command.ts';
import { confirmed } from '../questions/confirm.ts';
import { CliError } from '../errors.ts';
import { withHome } from '../home.ts';
import { atNode, itemsOf } from './node-noun.ts';
import { callNode, nodeToUse } from './on-node.ts';
import type { Result } from '../output/output.ts';
import type { Style } from '../output/style.ts';

/** One of the two. */
export interface TransportNoun {
  readonly path: string;
  /** Such as `TCP listener`. */
  readonly singular: string;
}

type AtNode = { readonly at?: string; readonly yes?: true };

/** The command that shows one. */
export function showTransport(
  noun: TransportNoun,
  report: (transport: TransportStatus, style: Style) => Result,
): CommandDefinition<AtNode> {
  return {
    configure: (leaf) => atNode(leaf.argument('<ADDRESS>', `address of the ${noun.singular}`)),
    run: (context, { at }, [address = '']) =>
      withHome(context, async (home) => {
        const node = await nodeToUse(context, home, at);
        context.output.result(report(await find(home, node, noun, address), context.output.resultStyle));
      }),
  };
}

/** The command that deletes one. @param key what the node knows it by. */
export function deleteTransport(
  noun: TransportNoun & { readonly needsArguments?: boolean },
  key: (transport: TransportStatus) => unknown,
  report: (address: string, node: string) => { readonly done: string; readonly json: unknown },
): CommandDefinition<AtNode> {
  return {
    needsArguments: noun.needsArguments ?? false,
    configure: (leaf) =>
      atNode(leaf.argument('<ADDRESS>', `address of the ${noun.singular}`)).option('-y, --yes', 'do not ask'),
    run: (context, { at, yes }, [address = '']) =>
      withHome(context, async (home) => {
        const { output } = context;
        const node = await nodeToUse(context, home, at);
        const found = await find(home, node, noun, address);
        if (!(await confirmed(context, yes, `Are you sure you want to delete this ${noun.singular}?`))) return;
        await callNode(home, node, `/${noun.path}/delete`, key(found));
        const { done, json } = report(address, node.name);
        output.result({ plain: `  ${output.resultStyle.success('✔')} ${done}`, json });
      }),
  };
}

async function find(
  home: Home,
  node: NodeRecord,
  { path, singular }: TransportNoun,
  address: string,
): Promise<TransportStatus> {
  const found = transportAt(await itemsOf<TransportStatus>(home, node, path), address);
  if (found !== undefined) return found;
  throw new CliError('CLI_NOT_FOUND', `${singular} with address ${address} was not found on Node ${node.name}`);
}
