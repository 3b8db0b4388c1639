import { hostPort } from '../../arguments/checked-values.ts';
import type { CommandDefinition } from '../../command.ts';
import { runSidecar, type SidecarOptions, sidecarOptions } from './sidecar-recipe.ts';

type Options = SidecarOptions & { readonly from?: string };

/** `sidecar secure-relay-inlet NAME` (`commands.md` §8.12). */
export const command: CommandDefinition<Options> = {
  about:
    "Enrolls the default node's identity and opens a port of this machine that leads to the service of that name, which 'sidecar secure-relay-outlet' made reachable elsewhere.",
  examples: [
    ['perigee sidecar secure-relay-inlet db --from 15432 --enroll-ticket web.ticket', 'the service db on port 15432'],
    ['perigee sidecar secure-relay-inlet db --enroll-ticket web.ticket --dry-run', 'the recipe, to be edited and run'],
  ],
  configure: (leaf) =>
    sidecarOptions(leaf).option('--from <HOST:PORT>', 'where to listen; a free port unless given', hostPort),
  run: (context, { from, ...options }, [name = '']) =>
    runSidecar(context, options, {
      'tcp-inlets': { [name]: { ...(from !== undefined && { from }), via: name, to: name } },
    }),
};
