import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { nodeToUse } from '../../nodes/on-node.ts';
import { showItems } from '../../questions/show-items.ts';

type Options = { readonly at?: string };

/** `policy show [RESOURCE]` (`commands.md` §8.8). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('[RESOURCE]', 'name or type of the resource; tcp-outlet unless given')
      .option('--at <NODE>', 'node of the resource; the default one unless given'),
  bare: {},
  run: (context, { at }, [name]) =>
    withHome(context, async (home) => {
      const [{ listPolicies }, { described, expressionOf, policyJson }] = await Promise.all([
        import('../../../node/policies/index.ts'),
        import('./resource.ts'),
      ]);
      const node = await nodeToUse(context, home, at);
      const { resultStyle: style } = context.output;
      await showItems(context, {
        items: listPolicies(home, node.name),
        nameOf: ({ resource }) => resource,
        singular: 'policy',
        plural: 'policies',
        where: ` on node ${node.name}`,
        name,
        fallback: 'tcp-outlet',
        unnamed: '',
        report: (policy) => ({
          plain: `  ${style.success('✔')} Policy for ${described(policy)} is ${style.primary(expressionOf(policy))}`,
          json: policyJson(policy),
        }),
      });
    }),
};
