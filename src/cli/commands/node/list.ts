import type { NodeRecord } from '../../../node/home/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../output/list.ts';
import { withArticle } from '../../reports/node-kind.ts';
import type { Style } from '../../output/style.ts';

/** `node list` (`commands.md` §8.3). */
export const command: CommandDefinition = {
  preview: true,
  about: 'Lists the nodes of this home and whether their processes run. No node is asked.',
  run: (context) =>
    withHome(context, (home) => {
      const nodes = home.nodes.list();
      const { output } = context;
      output.result({
        plain: listOf(
          output,
          'Nodes',
          nodes.map((node) => itemOf(node, output.resultStyle)),
          'No nodes found on this system.',
        ),
        json: nodes.map(({ name, isDefault, status, process }) => ({
          is_default: isDefault,
          node_name: name,
          pid: process?.pid ?? null,
          status: process === undefined ? { status } : { pid: process.pid, status },
        })),
      });
    }),
};

function itemOf({ name, kind, isDefault, status, process }: NodeRecord, style: Style): readonly string[] {
  const word = { running: style.success('UP'), zombie: style.warning('ZOMBIE'), stopped: style.failure('DOWN') }[
    status
  ];
  return [
    `Node ${style.primary(name)}${isDefault ? ' (default)' : ''}, ${withArticle(kind)} ${word}`,
    process === undefined ? 'No process running' : `Process id ${process.pid}`,
  ];
}
