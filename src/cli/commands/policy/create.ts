import { Option } from 'commander';
import type { CommandDefinition } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { nodeToUse } from '../../nodes/on-node.ts';
import { allowed, type AllowOptions, allowOptions } from '../../options/resource-policy.ts';
import { resourceType } from '../../arguments/checked-values.ts';

type Options = AllowOptions & {
  readonly at?: string;
  readonly resourceType?: string;
  readonly resource?: string;
};

/** `policy create` (`commands.md` §8.8). */
export const command: CommandDefinition<Options> = {
  about:
    'Says who may use resources of a node: all of a type, or the one of a name, which may come later. A policy of the name\n' +
    'counts before that of the type. It replaces the one there is.',
  examples: [
    ['perigee policy create --resource-type tcp-outlet --allow web', 'members with the attribute web=true'],
    ['perigee policy create --resource db --allow \'(= subject.component "db")\'', 'one outlet'],
  ],
  configure: (leaf) =>
    allowOptions(leaf, 'policy expression')
      .option('--at <NODE>', 'node of the resources; the default one unless given')
      .addOption(
        new Option('--resource-type <TYPE>', 'type of the resources').argParser(resourceType).conflicts('resource'),
      )
      .option('--resource <NAME>', 'name of the resource'),
  run: (context, options) => {
    const { allow: expression } = allowed(options);
    if (expression === undefined) throw missing('--allow <EXPRESSION>');
    const resource = options.resourceType ?? options.resource;
    if (resource === undefined || resource === '') throw missing('<--resource-type <TYPE>|--resource <NAME>>');
    return withHome(context, async (home) => {
      const [{ setPolicy }, { scopeOf }] = await Promise.all([
        import('../../../node/policies/index.ts'),
        import('./resource.ts'),
      ]);
      const { output } = context;
      const scope = scopeOf(resource);
      if (options.resource !== undefined && scope.scope === 'type') {
        output.warn(`'${resource}' is a resource type: the policy is set for all resources of it`);
      }
      const node = await nodeToUse(context, home, options.at, { create: true });
      setPolicy(home, node.name, { ...scope, expression });
      const { resultStyle: style } = output;
      output.result({ plain: `  ${style.success('✔')} Policy created at node ${style.primary(node.name)}` });
    });
  },
};

function missing(what: string): Error {
  return usageError(`the following required arguments were not provided:\n  ${what}`);
}
