import { listPolicies } from '../../../node/policies/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { nodeToUse } from '../../on-node.ts';
import { described, expressionOf, policyJson, scopeOf } from './resource.ts';

type Options = { readonly at?: string };

/** `policy show [RESOURCE]` (`commands.md` §8.8). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('[RESOURCE]', 'name or type of the resource; tcp-outlet unless given')
      .option('--at <NODE>', 'node of the resource; the default one unless given'),
  run: (context, { at }, [given = 'tcp-outlet']) =>
    withHome(context, async (home) => {
      const node = await nodeToUse(context, home, at);
      const wanted = scopeOf(given);
      const policy = listPolicies(home, node.name).find(
        ({ scope, resource }) => scope === wanted.scope && resource === wanted.resource,
      );
      if (policy === undefined) {
        throw new CliError('CLI_NOT_FOUND', `no policy was set for the ${described(wanted)} at node ${node.name}`);
      }
      const { output } = context;
      const { resultStyle: style } = output;
      output.result({
        plain: `  ${style.success('✔')} Policy for ${described(policy)} is ${style.primary(expressionOf(policy))}`,
        json: policyJson(policy),
      });
    }),
};
