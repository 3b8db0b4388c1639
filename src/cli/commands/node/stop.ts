import type { Home, NodeRecord } from '../../../node/home/index.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { pickItems } from '../../questions/pick-items.ts';

type Options = { readonly force?: true };

/** `node stop [NAME]` (`commands.md` §8.3). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('[NODE_NAME]', 'name of the node; the default one unless given')
      .option('-f, --force', 'deprecated, without effect'),
  run: (context, { force }, [name]) =>
    withHome(context, async (home) => {
      const { output } = context;
      if (force === true) output.warn('--force is deprecated. This flag has no effect');
      const running = home.nodes.list().filter(({ status }) => status === 'running');
      if (running.length === 0 && name === undefined) {
        return output.result({ plain: `  ${output.resultStyle.info('>')} There are no nodes running` });
      }
      const chosen = await choose(context, home, running, name);
      if (chosen.length === 0) return output.info('No nodes selected to stop');
      for (const node of chosen) await stop(context, home, node);
      return undefined;
    }),
};

/** The named one; without a name the only one, or those that a person picks, else the default one. */
async function choose(
  context: CommandContext,
  home: Home,
  running: readonly NodeRecord[],
  name: string | undefined,
): Promise<readonly NodeRecord[]> {
  if (name === undefined && context.output.canAsk) {
    if (running.length === 1) return running;
    return pickItems(context, {
      items: running,
      nameOf: (one) => one.name,
      question: 'Select one or more nodes to stop',
    });
  }
  const wanted = name ?? home.nodes.default().name;
  const node = running.find((one) => one.name === wanted);
  if (node === undefined) throw new CliError('CLI_NOT_FOUND', `The node ${wanted} was not found`);
  return [node];
}

async function stop({ output }: CommandContext, home: Home, node: NodeRecord): Promise<void> {
  const { stopNode } = await import('../../../node/nodes/index.ts');
  using progress = output.spinner(`Stopping the node ${node.name}`);
  await stopNode(home, node, () => output.warn(`Failed to stop node ${node.name} with SIGTERM, trying with SIGKILL`));
  progress.done();
  output.result({ plain: `  ${output.resultStyle.success('✔')} The node with name ${node.name} was stopped` });
}
