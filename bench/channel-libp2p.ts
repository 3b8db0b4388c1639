import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { tcp } from '@libp2p/tcp';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import type { Implementation } from './channel.ts';

const PROTOCOL = '/bench/1.0.0';
const create = (listen: string[]) =>
  createLibp2p({
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    // Its defaults refuse more than five new connections a second from one address.
    connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY, maxConnections: 10_000 },
  });
let node: ReturnType<typeof create> | undefined;

/** libp2p's noise over TCP with yamux, as its documentation sets it up. */
export const libp2p: Implementation = {
  serve: async (onBytes) => {
    const host = await create(['/ip4/127.0.0.1/tcp/0']);
    await host.handle(PROTOCOL, async (stream) => {
      for await (const chunk of stream) onBytes(chunk.byteLength);
    });
    return String(host.getMultiaddrs()[0]);
  },
  connect: async (to) => {
    node ??= create([]);
    // Else it may hand out the connection of before, while that is being closed.
    const connection = await (await node).dial(multiaddr(to), { force: true });
    return {
      send: async (chunk, count) => {
        const stream = await connection.newStream(PROTOCOL);
        for (let i = 0; i < count; i++) if (!stream.send(chunk)) await stream.onDrain();
      },
      close: () => connection.close(),
    };
  },
};
