import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../output/list.ts';
import { nodeToUse } from '../../nodes/on-node.ts';

type Options = { readonly at?: string };

/** `policy list [RESOURCE]` (`commands.md` §8.8). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('[RESOURCE]', 'only those of this name or type')
      .option('--at <NODE>', 'node of the resources; the default one unless given'),
  bare: {},
  run: (context, { at }, [only]) =>
    withHome(context, async (home) => {
      const [{ listPolicies }, { expressionOf, policyJson }] = await Promise.all([
        import('../../../node/policies/index.ts'),
        import('./resource.ts'),
      ]);
      const { output } = context;
      const node = await nodeToUse(context, home, at);
      const policies = listPolicies(home, node.name).filter(({ resource }) => only === undefined || resource === only);
      const items = policies.map((policy) => [
        `Resource ${policy.scope}: ${output.resultStyle.primary(policy.resource)}`,
        `Expression: ${expressionOf(policy)}`,
      ]);
      output.result({
        plain: listOf(output, `Policies on Node ${node.name}`, items, `No policies on Node ${node.name}`),
        json: policies.map(policyJson),
      });
    }),
};
