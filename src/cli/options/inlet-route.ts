import type { Home } from '../../node/home/index.ts';
import { usageError } from '../errors.ts';
import { routeText } from '../nodes/on-node.ts';

/** Where an inlet leads, unless a whole route is given. */
const DEFAULT_RELAY = 'default';
const DEFAULT_OUTLET = 'outlet';

/**
 * The route that `--to` and `--via` of `tcp-inlet create` mean (`commands.md` §8.5): through the relay `via` of the default project to an
 * outlet, or a route as it is.
 * @throws {CliError} CLI_USAGE · {NodeError} NODE_UNKNOWN, NODE_ROUTE · {RoutingError} ROUTING_INVALID_MULTI_ADDR
 */
export async function inletRoute(home: Home, to: string | undefined, via: string | undefined): Promise<string> {
  const [, outlet] = /^(?:\/?service\/)?([^/]+)$/.exec(to ?? DEFAULT_OUTLET) ?? [];
  if (outlet === undefined) {
    if (via !== undefined) {
      throw usageError(`invalid value '${to}' for 'to' : 'via' can't be passed if 'to' is a route`);
    }
    return await routeText(home, to ?? '');
  }
  const project = home.projects.default();
  if (project === undefined) throw usageError(`invalid value '${to ?? ''}' for 'to' : No projects found`);
  return `/project/${project.name}/service/forward_to_${via ?? DEFAULT_RELAY}/secure/api/service/${outlet}`;
}
