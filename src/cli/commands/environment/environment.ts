import type { CommandDefinition } from '../../command.ts';
import { namesOf, type Variable, VARIABLES } from './variables.ts';

/** `environment` (`commands.md` §2). */
export const command: CommandDefinition = {
  about: 'Lists the environment variables that are read. An empty variable counts as unset.',
  run: async ({ output }) => {
    const { resultStyle: style } = output;
    const sections = Object.entries(VARIABLES).map(([title, variables]) =>
      [
        style.heading(title),
        ...variables.map(
          (variable) => `  ${style.primary(namesOf(variable).join(', else '))}\n      ${described(variable)}`,
        ),
      ].join('\n'),
    );
    output.result({
      plain: sections.join('\n\n'),
      machine: sections.join('\n\n'),
      json: Object.values(VARIABLES).flat().map(asJson),
    });
  },
};

function described({ type, otherwise, meaning }: Variable): string {
  return `${meaning} (${type}${otherwise === undefined ? '' : `; default ${otherwise}`})`;
}

function asJson(variable: Variable): unknown {
  const { type, otherwise = null, meaning } = variable;
  return { default: otherwise, meaning, names: namesOf(variable), type };
}
