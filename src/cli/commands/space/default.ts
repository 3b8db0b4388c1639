import type { CommandDefinition } from '../../command.ts';
import { defaultCommand } from '../../questions/default-item.ts';

/** `space default [NAME]` (`commands.md` §9.6). */
export const command: CommandDefinition = defaultCommand('space', (home) => home.spaces);
