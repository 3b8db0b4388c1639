import { listenForChannels, openChannel } from '../src/network/channel/index.ts';
import { allowAll, localAddress, localMessage, releasePayload } from '../src/network/routing/index.ts';
import { TcpTransport } from '../src/network/transport/tcp/index.ts';
import { trustEveryone } from '../src/trust/credential/index.ts';
import { createNetworkNode } from '../test/support/network-node.ts';
import { systemClock } from '../src/node/index.ts';
import type { Implementation } from './channel.ts';

const API = localAddress('api');
const SINK = localAddress('sink');
let client: ReturnType<typeof createNode> | undefined;

/** A node with one transport, which keeps no list of what happened. */
async function createNode() {
  const { router, identity, channels } = await createNetworkNode(systemClock);
  const transport = new TcpTransport(router);
  return { router, identity, transport, channels: { ...channels, onEvent: () => undefined } };
}

/** Perigee's own channel over its TCP transport. */
export const perigee: Implementation = {
  serve: async (onBytes) => {
    const { router, identity, channels, transport } = await createNode();
    const listener = await transport.listen('127.0.0.1:0');
    const accepted = listenForChannels(channels, { address: API, identity: identity.identifier, trust: trustEveryone });
    router.flows.addConsumer(API, listener.flowControlId);
    router.register({
      mailbox: { address: SINK, incoming: allowAll, outgoing: allowAll },
      handle: (message) => {
        onBytes(message.payload.length);
        releasePayload(message);
      },
    });
    router.flows.addConsumer(SINK, accepted.flowControlId);
    return listener.at;
  },
  connect: async (to) => {
    client ??= createNode();
    const { router, identity, channels, transport } = await client;
    const connection = await transport.connect(to);
    const route = [connection.sender, API];
    const channel = await openChannel(channels, { identity: identity.identifier, trust: trustEveryone, route });
    return {
      send: async (chunk, count) => {
        const source = router.register({
          mailbox: { address: localAddress('source'), incoming: allowAll, outgoing: allowAll },
          handle: () => undefined,
        });
        for (let i = 0; i < count; i++) {
          const sent = source.mailbox.send(localMessage([channel.encryptor, SINK], [], chunk));
          if (sent instanceof Promise) await sent;
        }
        source.stop();
      },
      close: async () => {
        channel.close();
        await connection.close();
      },
    };
  },
};
