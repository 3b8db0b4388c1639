import type { CommandDefinition } from '../../command.ts';
import { defaultCommand } from '../../questions/default-item.ts';

/** `project default [NAME]` (`commands.md` §9.1). */
export const command: CommandDefinition = defaultCommand('project', (home) => home.projects);
