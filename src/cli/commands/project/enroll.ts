import type { EnrolledIn } from '../../../node/project/index.ts';
import type { NamedIdentity } from '../../../node/home/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import type { Output, Result } from '../../output/output.ts';
import { ownIdentity } from '../../options/own-identity.ts';
import { type RetryOptions, retryOptions, withRetry } from '../../options/retry.ts';
import { statedAuthority, type TrustOptions, trustOptions } from '../../options/trust-options.ts';
import { durationMs } from '../../arguments/values.ts';
import { signIn } from '../../projects/sign-in.ts';

type Options = RetryOptions &
  TrustOptions & {
    readonly identity?: string;
    readonly timeout: number;
    readonly okta?: true;
  };

/** `project enroll [TICKET]` (`commands.md` §9.3). */
export const command: CommandDefinition<Options> = {
  about:
    'Makes an identity of this machine a member of a project, by a ticket that one of its enrollers made, or because somebody signs\n' +
    "in at the project's identity provider.",
  examples: [
    ['perigee project enroll db.ticket', 'with the ticket in a file'],
    ['perigee project enroll --okta', 'where the default project has an identity provider'],
    ['perigee project enroll', 'a member needs no ticket to fetch a new credential'],
  ],
  configure: (leaf) =>
    trustOptions(retryOptions(leaf))
      .argument('[TICKET]', 'the ticket, the path of a file that has it, or an address to fetch it from')
      .option('--identity <NAME>', 'identity that enrolls; the default one unless given')
      .option('--project <NAME>', 'without a ticket: the project; the default one unless given')
      .option('--timeout <DURATION>', 'how long it may take', durationMs, 240_000)
      .option('--okta', "sign in at the project's identity provider instead"),
  run: (context, options, [given]) => {
    if (options.okta === true && given !== undefined) {
      throw usageError("the argument '[TICKET]' cannot be used with '--okta'");
    }
    return withHome(context, async (home) => {
      const [{ enrollWithTicket, readTicketText }, { projectWith, ticketWith }] = await Promise.all([
        import('../../../node/project/index.ts'),
        import('./stated-authority.ts'),
      ]);
      const { output, signal } = context;
      const stated = await statedAuthority(home, options, { needsScope: false });
      const ticket = given === undefined ? undefined : ticketWith(await readTicketText(given, signal), stated);
      const known = ticket === undefined ? projectWith(home.projects.get(options.project), stated) : undefined;
      const identity = await ownIdentity(context, home, options.identity);
      const accessToken = options.okta === true && known !== undefined ? await signIn(context, known) : undefined;
      using progress = output.spinner('Talking to the authority of the project');
      const { timeout: timeoutMs } = options;
      const enrolled = await withRetry(context, options, () =>
        enrollWithTicket(home, { identity, ticket, accessToken, project: known, timeoutMs, signal }),
      );
      progress.done();
      if (enrolled.enrollment.alreadyMember) output.ok('Identity is already enrolled with the project');
      output.result(await report(output, identity, enrolled));
    });
  },
};

async function report(
  { resultStyle: style }: Output,
  identity: NamedIdentity,
  { project, enrollment }: EnrolledIn,
): Promise<Result> {
  const { credentialJson } = await import('../credential/report.ts');
  const { encoded, content } = enrollment.credential;
  const credential = credentialJson(encoded, content.issuer);
  const attributes = Object.entries(credential.attributes);
  const time = (seconds: number): string => new Date(seconds * 1000).toISOString();
  const lines = [
    `  ${style.success('✔')} Successfully enrolled identity ${style.primary(identity.name)} to the ${style.primary(project.name)} project`,
    '    The identity has a credential in this project',
    `    created at ${time(credential.created_at)} that expires at ${time(credential.expires_at)}`,
    ...attributes.map(([key, value]) => `      "${key}=${value}"`),
  ];
  return {
    plain: lines.join('\n'),
    json: {
      credential,
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
