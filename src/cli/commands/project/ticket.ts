import type { TicketTerms } from '../../../node/project/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { defaultTimeoutMs } from '../../options/default-timeout.ts';
import { CliError, usageError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import type { Output } from '../../output/output.ts';
import { ownIdentity } from '../../options/own-identity.ts';
import { type RetryOptions, retryOptions, withRetry } from '../../options/retry.ts';
import { statedAuthority, type TrustOptions, trustOptions } from '../../options/trust-options.ts';
import { RepeatableOption } from '../../arguments/repeatable-option.ts';
import { durationMs, keyValue, pairsOf, wholeNumber } from '../../arguments/values.ts';

type Options = RetryOptions &
  TrustOptions & {
    readonly attribute?: readonly string[];
    readonly relay?: string;
    readonly enroller?: true;
    readonly tls?: true;
    readonly gateway?: string;
    readonly sat?: string;
    readonly gatewayRoute?: string;
    readonly expiresIn: number;
    readonly usageCount: number;
    readonly identity?: string;
  };

/** `project ticket` (`commands.md` §9.2). */
export const command: CommandDefinition<Options> = {
  about:
    'Makes an invitation. Whoever presents it first becomes a member with the attributes it states: treat it as a secret.',
  examples: [
    ['perigee project ticket --sat gateway', 'for a device that joins the gateway named gateway'],
    ['perigee project ticket --gateway edge --expires-in 1h', 'for a machine that runs the gateway named edge'],
    ['perigee project ticket --attribute component=db --relay db > db.ticket', 'for anything else'],
  ],
  configure: (leaf) =>
    trustOptions(retryOptions(leaf))
      .addOption(
        new RepeatableOption(
          '-a, --attribute <KEY[=VALUE]>',
          'what the member is; a key alone is true',
          keyValue(true),
        ),
      )
      .option('--relay <NAME>', 'the relay that the member may register')
      .option('--enroller', 'the member may invite others')
      .option('--tls', 'the member may obtain TLS certificates')
      .option('--gateway <NAME>', 'the member may run the gateway of that name')
      .option('--sat <NAME>', 'the member may be a Sat of the gateway of that name')
      .option('--gateway-route <ROUTE>', 'with --sat: dial the gateway by this route, not through the project')
      .option('--expires-in <DURATION>', 'for how long it can be used', durationMs, 600_000)
      .option('--usage-count <N>', 'how many can use it', wholeNumber(1, 1_000_000), 1)
      .option('--identity <NAME>', 'identity that invites; the default one unless given')
      .option('--project <NAME>', 'the project; the default one unless given'),
  run: (context, options) => {
    const { output, globals, signal } = context;
    if (globals.format === 'json') {
      throw new CliError('CLI_FAILED', 'This command only outputs a hex encoded string', {
        remedy: 'call it without --output json',
      });
    }
    const terms = termsOf(options);
    return withHome(context, async (home) => {
      const [{ createTicket }, { projectWith }] = await Promise.all([
        import('../../../node/project/index.ts'),
        import('./stated-authority.ts'),
      ]);
      const stated = await statedAuthority(home, options, { needsScope: false });
      const project = projectWith(home.projects.get(options.project), stated);
      const identity = await ownIdentity(context, home, options.identity);
      using progress = output.spinner('Asking the authority for a ticket');
      const timeoutMs = defaultTimeoutMs(context.environment);
      const ticket = await withRetry(context, options, () =>
        createTicket(home, { project, identity: identity.identifier, terms, timeoutMs, signal }),
      );
      progress.done();
      output.ok(
        `Created enrollment ticket\nYou can use it to enroll another machine using: ${context.program} project enroll`,
      );
      await drawCode(output, ticket);
      output.result({ plain: ticket, machine: ticket });
    });
  },
};

/** For the camera of a device that enrolls, when the terminal has room for it. */
async function drawCode(output: Output, ticket: string): Promise<void> {
  const { canvas } = output;
  if (canvas === undefined) return;
  const { qrCodeOfHex } = await import('../../terminal/qr-code.ts');
  for (const line of qrCodeOfHex(ticket, canvas) ?? []) output.note(output.style.drawing(line));
}

function termsOf(options: Options): TicketTerms {
  const { relay, enroller, tls, gateway, sat, gatewayRoute } = options;
  if (gatewayRoute !== undefined && sat === undefined) {
    throw usageError('the following required arguments were not provided:\n  --sat <NAME>');
  }
  const attributes = pairsOf(options.attribute ?? [], 'true');
  const set = (key: string, value: string | undefined): void => {
    if (value !== undefined) attributes.set(key, value);
  };
  set('ockam-relay', relay ?? gateway);
  set('perigee-gateway', gateway);
  set('perigee-sat', sat);
  set('ockam-role', enroller && 'enroller');
  set('ockam-tls-certificate', tls && 'true');
  return {
    attributes,
    ttlSeconds: Math.ceil(options.expiresIn / 1000),
    uses: options.usageCount,
    gateway: sat === undefined ? undefined : { name: sat, ...(gatewayRoute !== undefined && { route: gatewayRoute }) },
  };
}
