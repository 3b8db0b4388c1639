import type { ChannelStatus } from '../../reports/channel-report.ts';
import type { CommandDefinition } from '../../command.ts';
import { defaultTimeoutMs } from '../../options/default-timeout.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse, routeText } from '../../nodes/on-node.ts';
import { ownIdentity } from '../../options/own-identity.ts';
import { identifierText, routeArgument } from '../../arguments/checked-values.ts';
import { RepeatableOption } from '../../arguments/repeatable-option.ts';
import { durationMs } from '../../arguments/values.ts';

/** Ours, milliseconds. */
const TIMEOUT_MS = 10_000;

type Options = {
  readonly from: string;
  readonly to: string;
  readonly authorized?: readonly string[];
  readonly credential?: string;
  readonly identity?: string;
  readonly timeout?: number;
};

/** `secure-channel create` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  needsArguments: true,
  examples: [
    [
      'perigee secure-channel create --from n1 --to /node/n2/service/api | perigee message send hello --from n1 --to -/service/uppercase',
      'a message through it',
    ],
  ],
  configure: (leaf) =>
    leaf
      .requiredOption('--from <NODE>', 'the node that opens it')
      .requiredOption('--to <ROUTE>', 'where the listener is, such as /node/NAME/service/api', routeArgument)
      .addOption(new RepeatableOption('-a, --authorized <IDENTIFIER>', 'who the other end must be', identifierText))
      .option('-c, --credential <HEX>', "presented instead of the node's")
      .option('--identity <NAME>', 'who opens it; the default identity unless given')
      .option('--timeout <DURATION>', 'how long to wait; 10s, or PERIGEE_DEFAULT_TIMEOUT, unless given', durationMs),
  run: (context, { from, to, authorized, credential, identity, timeout }) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, from);
      const { name } = await ownIdentity(context, home, identity);
      const timeoutMs = timeout ?? defaultTimeoutMs(context.environment) ?? TIMEOUT_MS;
      const call = {
        to: await routeText(home, to),
        identity: name,
        timeoutMs,
        ...(authorized !== undefined && { authorized }),
        ...(credential !== undefined && { credential }),
      };
      using progress = output.spinner('Opening the secure channel');
      const { address } = await callNode<ChannelStatus>(home, node, '/secure-channel/create', call, timeoutMs + 10_000);
      progress.done();
      const { resultStyle: style } = output;
      output.result({
        plain: `  ${style.success('✔')} Secure Channel at ${style.primary(address)} created successfully\n    From /node/${node.name} to ${to}`,
        machine: address,
        json: [{ address }],
      });
    }),
};
