import { randomName } from '../../../node/home/index.ts';
import { systemRandom } from '../../../node/system/index.ts';
import { hostPort } from '../../checked-values.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { newNode } from '../../new-node.ts';

type Options = {
  readonly tcpListenerAddress?: string;
  readonly identity?: string;
  readonly project?: string;
  readonly foreground?: true;
};

/** `node create [NAME]` (`commands.md` §8.3). */
export const command: CommandDefinition<Options> = {
  about:
    'Makes a node and starts it in the background. Portals, relays and channels are made on nodes. It presents the credential\n' +
    'of the project, when there is one, and asks others for theirs.',
  examples: [
    ['perigee node create n1', 'on a free port of this machine'],
    ['perigee node create n1 --tcp-listener-address 0.0.0.0:4000', 'for connections from elsewhere'],
  ],
  configure: (leaf) =>
    leaf
      .argument('[NODE_NAME]', 'name of the node; random unless given')
      .option(
        '-t, --tcp-listener-address <ADDRESS:PORT>',
        'where others connect to; the loopback and a free port unless given',
        hostPort,
      )
      .option('--identity <NAME>', 'identity of the node, made if there is none; the default one unless given')
      .option('--project <NAME>', 'project to belong to; the default one, if any, unless given')
      .option('-f, --foreground', 'run in this process'),
  run: (context, { tcpListenerAddress, ...options }, [given]) =>
    withHome(context, (home) =>
      newNode(context, home, {
        ...options,
        name: given ?? randomName(systemRandom, (taken) => home.nodes.find(taken) !== undefined),
        listenAt: tcpListenerAddress,
      }),
    ),
};
