import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { newSat, type SatOptions, satOptions, satTerms } from '../../nodes/new-sat.ts';
import { ownIdentity } from '../../options/own-identity.ts';
import { durationMs } from '../../arguments/values.ts';

type Options = SatOptions & { readonly timeout: number };

/** `sat join TICKET [NAME]` (`commands.md` §10.2). */
export const command: CommandDefinition<Options> = {
  about: 'Makes a Sat of this machine in one step: enrolls with the ticket, finds the gateway that it names, and runs.',
  examples: [
    ['perigee sat join sat.ticket', 'with the ticket in a file, in the background'],
    ['perigee sat join 7b226f6e… -f', 'with the ticket itself, in this process'],
  ],
  configure: (leaf) => {
    satOptions(
      leaf
        .argument('<TICKET>', 'the ticket, the path of a file that has it, or an address to fetch it from')
        .argument('[NAME]', 'name of the Sat; random unless given'),
    ).option('--timeout <DURATION>', 'how long enrolling may take', durationMs, 240_000);
  },
  run: (context, options, [given = '', wanted]) =>
    withHome(context, async (home) => {
      const [{ randomName, requireNodeName }, { enrollWithTicket, readTicketText }, { systemRandom }] =
        await Promise.all([
          import('../../../node/names/index.ts'),
          import('../../../node/project/index.ts'),
          import('../../../node/system/index.ts'),
        ]);
      const { output, signal } = context;
      // First: a ticket can be used once.
      const terms = await satTerms(options);
      const ticket = await readTicketText(given, signal);
      const name = requireNodeName(wanted ?? randomName(systemRandom, (taken) => home.nodes.find(taken) !== undefined));
      const identity = await ownIdentity(context, home, options.identity);
      using progress = output.spinner('Talking to the authority of the project');
      const { project, enrollment } = await enrollWithTicket(home, {
        identity,
        ticket,
        timeoutMs: options.timeout,
        signal,
      });
      progress.done();
      output.ok(
        enrollment.alreadyMember
          ? 'Identity is already enrolled with the project'
          : `Enrolled in the project ${output.style.primary(project.name)}`,
      );
      const gateway = options.gateway ?? ticket.gateway?.name;
      const gatewayRoute = options.gatewayRoute ?? ticket.gateway?.route;
      await newSat(context, home, {
        name,
        identity,
        project,
        terms,
        options: {
          ...options,
          ...(gateway !== undefined && { gateway }),
          ...(gatewayRoute !== undefined && { gatewayRoute }),
        },
      });
    }),
};
