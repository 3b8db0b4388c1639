import { hostPort } from '../../arguments/checked-values.ts';
import type { CommandDefinition } from '../../command.ts';
import { runSidecar, type SidecarOptions, sidecarOptions } from './sidecar-recipe.ts';

type Options = SidecarOptions & { readonly to: string };

/** `sidecar secure-relay-outlet NAME` (`commands.md` §8.12). */
export const command: CommandDefinition<Options> = {
  about:
    "Enrolls the default node's identity and makes a TCP service reachable as NAME through a relay of the project, for members whose attribute 'component' is NAME.",
  examples: [
    ['perigee sidecar secure-relay-outlet db --to 5432 --enroll-ticket db.ticket', 'a database of this machine'],
    ['perigee project ticket --relay db > db.ticket', 'the ticket for this end, made by an enroller'],
    ['perigee project ticket -a component=db > web.ticket', 'the ticket for the other end'],
  ],
  configure: (leaf) => sidecarOptions(leaf).requiredOption('--to <HOST:PORT>', 'the TCP service', hostPort),
  run: (context, { to, ...options }, [name = '']) =>
    runSidecar(context, options, {
      policies: [{ 'resource-type': 'tcp-outlet', allow: `(= subject.component ${JSON.stringify(name)})` }],
      'tcp-outlets': { [name]: { to } },
      relays: [name],
    }),
};
