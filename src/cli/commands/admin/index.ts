import type { CommandEntry } from '../../command.ts';
import { refusedCommand } from '../../refused-command.ts';

/** The commands of `admin`; what stands behind `subscription` is not looked at. */
export const commands: readonly CommandEntry[] = [
  refusedCommand(
    'subscription',
    'subscriptions do not exist in a self-hosted installation',
    'leave the command out: everything works without a subscription',
  ),
];
