import { fromHex, fromUtf8, toHex, utf8 } from '../../../kernel/bytes/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { CliError, usageError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse, routeText } from '../../nodes/on-node.ts';
import { ownIdentity } from '../../options/own-identity.ts';
import { type RetryOptions, retryOptions, withRetry } from '../../options/retry.ts';
import { statedAuthority, type TrustOptions, trustOptions } from '../../options/trust-options.ts';
import { identifierText, routeArgument } from '../../arguments/checked-values.ts';
import { RepeatableOption } from '../../arguments/repeatable-option.ts';
import { durationMs } from '../../arguments/values.ts';

type Options = RetryOptions &
  TrustOptions & {
    readonly to: string;
    readonly from?: string;
    readonly hex?: true;
    readonly timeout: number;
    readonly identity?: string;
    readonly authorized?: readonly string[];
  };

/** `message send` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  needsArguments: true,
  about: 'Sends a message and prints the answer. Without --from it goes out from this process.',
  configure: (leaf) =>
    trustOptions(retryOptions(leaf))
      .argument('<MESSAGE>', 'the text')
      .requiredOption('-t, --to <ROUTE>', 'to whom', routeArgument)
      .option('-f, --from <NODE>', 'the node that sends it')
      .option('--hex', 'message and answer are hexadecimal')
      .option('--timeout <DURATION>', 'how long to wait', durationMs, 10_000)
      .option('--identity <NAME>', 'who opens channels on the way')
      .option('--project <NAME>', 'as a member of that project')
      .addOption(
        new RepeatableOption(
          '-a, --authorized <IDENTIFIER>',
          'who the end of the last channel must be',
          identifierText,
        ),
      ),
  run: (context, options, [text = '']) =>
    withHome(context, async (home) => {
      const { to, from, hex, timeout, identity, authorized } = options;
      if (from !== undefined) refuseTrust(options);
      const message = hex === true ? bytesOf(text) : utf8(text);
      const route = await routeText(home, to);
      const common = { to: route, timeoutMs: timeout, ...(authorized !== undefined && { authorized }) };
      using progress = context.output.spinner('Waiting for the answer');
      let answer: Uint8Array;
      if (from === undefined) {
        const { sendFromHere } = await import('../../../node/general/index.ts');
        const own = await ownIdentity(context, home, identity);
        const authority = await statedAuthority(home, options);
        const project = options.project ?? /^\/project\/([^/]+)/.exec(route)?.[1];
        const departure = {
          ...common,
          message,
          identity: own.identifier,
          authority,
          project: project === undefined ? undefined : home.projects.get(project),
        };
        answer = await withRetry(context, options, () => sendFromHere(home, departure));
      } else {
        const node = await nodeToUse(context, home, from);
        const call = { ...common, message: toHex(message), ...(identity !== undefined && { identity }) };
        const sent = await withRetry(context, options, () =>
          callNode<{ readonly message: string }>(home, node, '/message/send', call, timeout + 10_000),
        );
        answer = fromHex(sent.message);
      }
      progress.done();
      context.output.result({ plain: hex === true ? toHex(answer) : textOf(answer) });
    }),
};

/** A node trusts and presents what it was made with. @throws {CliError} CLI_USAGE */
function refuseTrust({ project, authorityIdentity, authorityRoute, credentialScope }: Options): void {
  const given = Object.entries({
    '--project <NAME>': project,
    '--authority-identity <HEX>': authorityIdentity,
    '--authority-route <ROUTE>': authorityRoute,
    '--credential-scope <SCOPE>': credentialScope,
  }).find(([, value]) => value !== undefined);
  if (given !== undefined) throw usageError(`the argument '--from <NODE>' cannot be used with '${given[0]}'`);
}

function bytesOf(text: string): Uint8Array {
  try {
    return fromHex(text.toLowerCase());
  } catch (cause) {
    throw new CliError('CLI_FAILED', 'The message is not a valid hex string', { cause });
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new CliError('CLI_FAILED', 'Received content is not a valid utf8 string', {
      cause,
      remedy: 'print it with --hex',
    });
  }
}
