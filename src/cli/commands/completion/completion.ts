import { Option } from 'commander';
import type { CommandDefinition } from '../../command.ts';
import { completionScript, type Shell, SHELLS } from '../../completion/index.ts';

type Options = { readonly shell: Shell };

/** `completion` (`commands.md` §11.1). */
export const command: CommandDefinition<Options> = {
  needsArguments: true,
  about:
    'Prints the script with which a shell completes commands, flags and names. Load it in the start file of the shell.',
  examples: [
    ['source <(perigee completion --shell bash)', 'in ~/.bashrc'],
    ['perigee completion --shell zsh > ~/.zfunc/_perigee', 'where $fpath has ~/.zfunc'],
    ['perigee completion --shell fish > ~/.config/fish/completions/perigee.fish', 'once'],
  ],
  configure: (leaf) =>
    leaf.addOption(new Option('-s, --shell <SHELL>', 'the shell').choices([...SHELLS]).makeOptionMandatory()),
  run: async ({ output, program }, { shell }) => output.raw(completionScript(shell, program)),
};
