/** `show` and `delete` of what is known by the address of its worker, channels and their listeners (`commands.md` §8.9). */
import type { Command } from 'commander';
import type { Home, NodeRecord } from '../../node/home/index.ts';
import type { CommandContext, CommandDefinition } from '../command.ts';
import { withHome } from '../home.ts';
import { atNode } from './node-noun.ts';
import { nodeToUse } from './on-node.ts';
import { serviceName } from '../arguments/values.ts';

/** The worker that a command was given, and where it is. */
export interface WorkerAtNode {
  readonly context: CommandContext;
  readonly home: Home;
  readonly node: NodeRecord;
  /** Its address, without `/service`. */
  readonly name: string;
  readonly yes: true | undefined;
}

type Options = { readonly at?: string; readonly yes?: true };

/**
 * The command that does `use` with one of them.
 * @param what such as `channel`. @param configure declares what it takes besides the address and the node.
 */
export function workerCommand(
  what: string,
  use: (worker: WorkerAtNode) => Promise<void>,
  configure: (leaf: Command) => Command = (leaf) => leaf,
): CommandDefinition<Options> {
  return {
    needsArguments: true,
    configure: (leaf) => {
      configure(atNode(leaf.argument('<ADDRESS>', `address of the ${what}`, serviceName)));
    },
    run: (context, { at, yes }, [given = '']) =>
      withHome(context, async (home) =>
        use({ context, home, node: await nodeToUse(context, home, at), name: serviceName(given), yes }),
      ),
  };
}
