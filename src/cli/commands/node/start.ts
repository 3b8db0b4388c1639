import type { Home, NodeRecord } from '../../../node/home/index.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { confirmed } from '../../questions/confirm.ts';
import { starterOf, withHome } from '../../home.ts';
import { nodeReport, statusOf } from '../../reports/node-report.ts';
import { pickItems } from '../../questions/pick-items.ts';

/** `node start [NAME]` (`commands.md` §8.3). */
export const command: CommandDefinition = {
  about: 'Starts a stopped node with everything it had.',
  configure: (leaf) => leaf.argument('[NODE_NAME]', 'name of the node; the default one unless given'),
  run: (context, _options, [name]) =>
    withHome(context, async (home) => {
      if (name !== undefined) return start(context, home, home.nodes.get(name));
      const nodes = home.nodes.list();
      if (!context.output.canAsk || nodes.length === 0) return start(context, home, home.nodes.default());
      return startPicked(context, home, nodes);
    }),
};

/** What a person wants who names none: the only one that is stopped, or a choice of them. */
async function startPicked(context: CommandContext, home: Home, nodes: readonly NodeRecord[]): Promise<void> {
  const { output } = context;
  const stopped = nodes.filter(({ status }) => status !== 'running');
  const [only, another] = stopped;
  if (only === undefined) return output.info('All the nodes are already started, nothing to do. Exiting gratefully');
  if (another === undefined) return start(context, home, only);
  const picked = await pickItems(context, {
    items: stopped,
    nameOf: (one) => one.name,
    question: 'Select one or more nodes to start',
  });
  if (picked.length === 0) return output.info('No nodes selected to start');
  if (!(await confirmed(context, undefined, 'Are you sure you want to proceed?'))) return undefined;
  for (const node of picked) await start(context, home, node);
  return undefined;
}

async function start(context: CommandContext, home: Home, node: NodeRecord): Promise<void> {
  const { output, program } = context;
  const { resultStyle: style } = output;
  if (node.status === 'running') {
    return output.result({
      plain: `  ${style.failure('✗')} The node '${node.name}' is already running. If you want to restart it you can call: ${program} node stop ${node.name}`,
    });
  }
  const { startNode } = await import('../../../node/nodes/index.ts');
  using progress = output.spinner(`Starting the node ${node.name}`);
  await startNode(home, node.name, starterOf(context));
  progress.done();
  const started = home.nodes.get(node.name);
  return output.result(nodeReport(output, started, await statusOf(home, started)));
}
