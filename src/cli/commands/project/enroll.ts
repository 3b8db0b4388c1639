import { type EnrolledIn, enrollWithTicket, readTicketText } from '../../../node/project/index.ts';
import { attributeTexts } from '../../../trust/credential/index.ts';
import type { NamedIdentity } from '../../../node/home/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import type { Output, Result } from '../../output.ts';
import { ownIdentity } from '../../own-identity.ts';
import { durationMs } from '../../values.ts';

type Options = { readonly identity?: string; readonly project?: string; readonly timeout: number };

/** `project enroll [TICKET]` (`commands.md` §9.3). */
export const command: CommandDefinition<Options> = {
  about: 'Makes an identity of this machine a member of a project, by a ticket that one of its enrollers made.',
  examples: [
    ['perigee project enroll db.ticket', 'with the ticket in a file'],
    ['perigee project enroll', 'a member needs no ticket to fetch a new credential'],
  ],
  configure: (leaf) =>
    leaf
      .argument('[TICKET]', 'the ticket, the path of a file that has it, or an address to fetch it from')
      .option('--identity <NAME>', 'identity that enrolls; the default one unless given')
      .option('--project <NAME>', 'without a ticket: the project; the default one unless given')
      .option('--timeout <DURATION>', 'how long it may take', durationMs, 240_000),
  run: (context, options, [given]) =>
    withHome(context, async (home) => {
      const { output, signal } = context;
      const ticket = given === undefined ? undefined : await readTicketText(given, signal);
      const known = ticket === undefined ? home.projects.get(options.project) : undefined;
      const identity = await ownIdentity(context, home, options.identity);
      using progress = output.spinner('Talking to the authority of the project');
      const enrolled = await enrollWithTicket(home, {
        identity,
        ticket,
        project: known,
        timeoutMs: options.timeout,
        signal,
      });
      progress.done();
      if (enrolled.enrollment.alreadyMember) output.ok('Identity is already enrolled with the project');
      output.result(report(output, identity, enrolled));
    }),
};

function report({ resultStyle: style }: Output, identity: NamedIdentity, { project, enrollment }: EnrolledIn): Result {
  const { content } = enrollment.credential;
  const attributes = [...attributeTexts(content.attributes)];
  const time = (seconds: bigint): string => new Date(Number(seconds) * 1000).toISOString();
  const lines = [
    `  ${style.success('✔')} Successfully enrolled identity ${style.primary(identity.name)} to the ${style.primary(project.name)} project`,
    '    The identity has a credential in this project',
    `    created at ${time(content.createdAt)} that expires at ${time(content.expiresAt)}`,
    ...attributes.map(([key, value]) => `      "${key}=${value}"`),
  ];
  return {
    plain: lines.join('\n'),
    json: {
      credential: {
        attributes: Object.fromEntries(attributes),
        created_at: Number(content.createdAt),
        expires_at: Number(content.expiresAt),
        issuer: content.issuer,
        subject: content.subject,
      },
      identity: {
        identifier: identity.identifier,
        is_default: identity.isDefault,
        name: identity.name,
        vault_name: identity.vault,
      },
      project_name: project.name,
    },
  };
}
