import type { CommandEntry } from '../../command.ts';
import { refusedCommand } from '../../refused-command.ts';

/** The commands of `subscription`. */
export const commands: readonly CommandEntry[] = [
  refusedCommand(
    'show',
    'subscriptions do not exist in a self-hosted installation',
    'leave the command out: everything works without a subscription',
  ),
];
