import { deletePolicy, listPolicies } from '../../../node/policies/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { confirmed } from '../../confirm.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { nodeToUse } from '../../on-node.ts';
import { described, scopeOf } from './resource.ts';

type Options = { readonly at?: string; readonly yes?: true };

/** `policy delete [RESOURCE]` (`commands.md` §8.8). */
export const command: CommandDefinition<Options> = {
  about:
    'Takes a policy back. What applies then: the policy of the type, else that whoever has a credential is let in.',
  examples: [['perigee policy delete db --yes', 'without asking']],
  configure: (leaf) =>
    leaf
      .argument('[RESOURCE]', 'name or type of the resource')
      .option('--at <NODE>', 'node of the resource; the default one unless given')
      .option('-y, --yes', 'do not ask'),
  run: (context, { at, yes }, [given]) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, at);
      // Without a name nothing is meant, unless there is one only and somebody to ask.
      const all = listPolicies(home, node.name);
      const wanted = given === undefined ? (output.canAsk && all.length === 1 ? all[0] : undefined) : scopeOf(given);
      if (wanted === undefined) return;
      if (!all.some(({ scope, resource }) => scope === wanted.scope && resource === wanted.resource)) {
        throw new CliError('CLI_NOT_FOUND', `no policy was set for the ${described(wanted)} at node ${node.name}`);
      }
      if (!(await confirmed(context, yes, 'Are you sure you want to proceed?'))) return;
      deletePolicy(home, node.name, wanted);
      output.result({ plain: `  ${output.resultStyle.success('✔')} Policy for ${described(wanted)} has been deleted` });
    }),
};
