import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { itemsOf } from '../../nodes/node-noun.ts';
import { workerCommand } from '../../nodes/worker-noun.ts';
import { type ChannelListenerStatus, listenerName } from '../../reports/channel-report.ts';

/** `secure-channel-listener show` (`commands.md` §8.9). */
export const command: CommandDefinition = workerCommand('listener', async ({ context, home, node, name }) => {
  const all = await itemsOf<ChannelListenerStatus>(home, node, 'secure-channel-listener');
  if (!all.some((one) => listenerName(one) === name))
    throw new CliError('CLI_NOT_FOUND', `There is no secure channel listener at '${name}'`);
  context.output.result({ plain: `/service/${name}` });
});
