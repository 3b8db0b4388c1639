import { CodedError } from '../../../kernel/errors/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { confirmed } from '../../questions/confirm.ts';

type Options = { readonly yes?: true; readonly all?: true };

/** `reset` (`commands.md` §8.4). */
export const command: CommandDefinition<Options> = {
  about:
    'Stops every node and deletes identities, nodes and all other state of this home. Projects that are hosted here go on.',
  configure: (leaf) =>
    leaf.option('-y, --yes', 'do not ask').option('--all', 'also stop and delete the projects that are hosted here'),
  run: async (context, { yes, all }) => {
    const { output, environment } = context;
    if (!(await confirmed(context, yes, 'This will delete the local Perigee configuration. Are you sure?'))) return;
    const [{ homeDirectory, openHomeAt }, { deleteState, resetHome }] = await Promise.all([
      import('../../../node/home/index.ts'),
      import('../../../node/nodes/index.ts'),
    ]);
    const directory = homeDirectory(environment);
    using progress = output.spinner('Stopping every node');
    try {
      await resetHome(openHomeAt(directory), all === true, (name) =>
        output.warn(`${name} does not end and is forced to`),
      );
    } catch (error) {
      // A home that cannot be opened is what a reset is for; one that is in use, or another program's, is not.
      if (!(error instanceof CodedError) || !error.code.startsWith('STORAGE_')) throw error;
      if (error.code === 'STORAGE_BUSY' || error.code === 'STORAGE_FOREIGN') throw error;
      deleteState(directory, all === true);
    }
    progress.done();
    output.result({ plain: `  ${output.resultStyle.success('✔')} Local Perigee configuration deleted` });
  },
};
