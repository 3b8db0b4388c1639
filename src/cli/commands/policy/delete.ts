import type { CommandDefinition } from '../../command.ts';
import { deleteItems } from '../../questions/delete-items.ts';
import { withHome } from '../../home.ts';
import { nodeToUse } from '../../nodes/on-node.ts';

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
  run: (context, { at, yes }, [name]) =>
    withHome(context, async (home) => {
      const [{ deletePolicy, listPolicies }, { described, scopeOf }] = await Promise.all([
        import('../../../node/policies/index.ts'),
        import('./resource.ts'),
      ]);
      const node = await nodeToUse(context, home, at);
      await deleteItems(context, {
        items: listPolicies(home, node.name).map(({ resource }) => ({ name: resource })),
        singular: 'policy',
        plural: 'policies',
        name,
        all: undefined,
        yes,
        remove: async (policy) => {
          deletePolicy(home, node.name, scopeOf(policy.name));
        },
        done: (gone) => `Policy for ${described(scopeOf(gone))} has been deleted`,
        forScripts: 'text',
      });
    }),
};
