import type { Home } from '../../node/home/index.ts';
import type { CommandContext } from '../command.ts';
import { runInForeground } from './foreground.ts';
import { starterOf } from '../home.ts';
import { type NodeStatusReport, statusOf } from '../reports/node-report.ts';

/**
 * Starts a node that has just been recorded, here or in the background; one that does not start is forgotten again.
 * @param say prints the result, once it is up.
 */
export async function startMember(
  context: CommandContext,
  home: Home,
  { name, foreground }: { readonly name: string; readonly foreground: boolean },
  say: (status: NodeStatusReport | undefined) => void | Promise<void>,
): Promise<void> {
  let isUp = false;
  const up = async (): Promise<void> => {
    isUp = true;
    await say(await statusOf(home, home.nodes.get(name)));
  };
  try {
    if (foreground) return await runInForeground(context, home, name, up);
    const { startNode } = await import('../../node/nodes/index.ts');
    using progress = context.output.spinner(`Starting the node ${name}`);
    await startNode(home, name, starterOf(context));
    progress.done();
    return await up();
  } catch (error) {
    if (!isUp) (await import('../../node/members/index.ts')).forgetNode(home, name);
    throw error;
  }
}
