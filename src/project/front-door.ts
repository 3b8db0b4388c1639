import { trustEveryone } from '../trust/credential/index.ts';
import type { Identifier } from '../trust/identity/index.ts';
import {
  type ChannelContext,
  type ChannelListener,
  type CredentialSource,
  listenForChannels,
  type SecureChannel,
} from '../network/channel/index.ts';
import { localAddress, type Worker } from '../network/routing/index.ts';
import type { Connection, Transport } from '../network/transport/index.ts';

/** Where a process of a project is reached, and as whom. */
export interface FrontDoorOptions {
  readonly channels: ChannelContext;
  /** Of the same router as `channels`. */
  readonly transport: Transport;
  /** As `transport.listen` takes it: `127.0.0.1:4000`. */
  readonly listenAt: string;
  /** Own identity, whose key is in the vault. */
  readonly identity: Identifier;
  /** Whose credentials count; its history must be known. */
  readonly authority?: Identifier | undefined;
  readonly credential?: CredentialSource | undefined;
  readonly maxConnections?: number | undefined;
  readonly maxChannels?: number | undefined;
  readonly onChannel?: ((channel: SecureChannel) => void) | undefined;
}

/** The way in: a listener for connections, behind which only the listener for channels, `api`, can be reached. */
export interface FrontDoor {
  /** Where it really listens. */
  readonly at: string;
  readonly listener: ChannelListener;
  /** Lets the peers of accepted channels reach `worker`, and nobody else. */
  readonly admit: (worker: Worker) => void;
  /** Closes the door, every channel and every connection that came in by it. */
  readonly close: () => Promise<void>;
}

/**
 * Opens the way in of an authority or project node (`project.md` §1): every identity may open a channel; what it may do
 * behind it is for each service to say.
 * @throws {TransportError} TRANSPORT_LISTEN_FAILED, TRANSPORT_INVALID_ADDRESS · {RoutingError} ROUTING_ADDRESS_IN_USE
 */
export async function openFrontDoor(options: FrontDoorOptions): Promise<FrontDoor> {
  const { channels, transport, listenAt, identity, authority, credential, maxConnections, maxChannels, onChannel } =
    options;
  const { flows } = channels.router;
  const listener = listenForChannels(channels, {
    address: localAddress('api'),
    identity,
    trust: trustEveryone,
    authority,
    credential,
    maxChannels,
    onChannel,
  });
  const connections = new Set<Connection>();
  const onConnection = (connection: Connection): void => {
    connections.add(connection);
    void connection.closed.then(() => connections.delete(connection));
  };
  try {
    const entrance = await transport.listen(listenAt, { maxConnections, onConnection });
    flows.addConsumer(listener.address, entrance.flowControlId);
    return {
      at: entrance.at,
      listener,
      admit: (worker) => {
        for (const { address } of [worker.mailbox, ...worker.additional]) {
          flows.addConsumer(address, listener.flowControlId);
        }
      },
      close: async () => {
        await entrance.close();
        listener.close();
        for (const channel of listener.channels) channel.close();
        await Promise.all([...connections].map((connection) => connection.close()));
      },
    };
  } catch (error) {
    listener.close();
    throw error;
  }
}
