import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../output/list.ts';

/** `gateway list` (`commands.md` §10.1). */
export const command: CommandDefinition = {
  run: (context) =>
    withHome(context, (home) => {
      const { output } = context;
      const { resultStyle: style } = output;
      const gateways = home.nodes.list().filter(({ kind }) => kind === 'gateway');
      const httpOf = (configuration: unknown): string => (configuration as { http: string }).http;
      const items = gateways.map(({ name, status, configuration }) => [
        `Gateway ${style.primary(name)} ${status === 'running' ? style.success('UP') : style.failure('DOWN')}`,
        `HTTP at ${httpOf(configuration)}`,
      ]);
      output.result({
        plain: listOf(output, 'Gateways', items, 'No gateways found on this system.'),
        json: gateways.map(({ name, status, process, configuration }) => ({
          http: httpOf(configuration),
          name,
          pid: process?.pid ?? null,
          status,
        })),
      });
    }),
};
