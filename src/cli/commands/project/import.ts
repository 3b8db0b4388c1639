import { fromUtf8 } from '../../../kernel/bytes/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { readBytes } from '../../arguments/read-file.ts';

/** `project import` (`commands.md` §9.1). */
export const command: CommandDefinition<{ readonly projectFile: string }> = {
  about:
    'Makes a project known here from the file that project show --output json writes elsewhere. No ticket is in it.',
  configure: (leaf) => leaf.requiredOption('--project-file <PATH>', 'file with the JSON of the project'),
  run: (context, { projectFile }) =>
    withHome(context, async (home) => {
      const { importProject } = await import('../../../node/project/index.ts');
      const { output } = context;
      const { name } = importProject(home, fromUtf8(await readBytes(projectFile)));
      const style = output.resultStyle;
      output.result({ plain: `  ${style.success('✔')} Successfully imported project ${style.primary(name)}` });
    }),
};
