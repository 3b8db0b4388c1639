import * as v from 'valibot';
import { addressName, formatAddress, formatHostnamePort, parseHostnamePort } from '../../../network/routing/index.ts';
import type { Connection, Listener } from '../../../network/transport/index.ts';
import { NodeError } from '../../errors.ts';
import type { GeneralInside } from '../general-node.ts';
import { jsonCall, type NodePart } from '../part.ts';
import { MAX_WAIT_MS, withTimeLimit } from '../time-limit.ts';

/** Ours: connections that commands opened at one node, and places where it listens. */
const MAX_OPENED = 1024;
const MAX_LISTENERS = 64;
const PLACE = v.pipe(v.string(), v.maxLength(512));

/**
 * TCP connections and listeners (`commands.md` §8.9): `POST /tcp-connection/create|list|delete` and
 * `POST /tcp-listener/create|list|delete`. Listeners come back after a start, connections do not.
 */
export function connectionPart(inside: GeneralInside): NodePart {
  const { core, entrances, resources, entrance } = inside;
  const { router, transport, log } = core;
  const opened = new Set<Connection>();
  const listeners = new Map<string, Listener>();
  let opening = 0;

  const connect = async (to: string, timeoutMs: number): Promise<unknown> => {
    if (opened.size + opening >= MAX_OPENED)
      throw new NodeError('NODE_IN_USE', `a node has at most ${MAX_OPENED} connections that were asked for`);
    opening++;
    try {
      const connection = await withTimeLimit(router.clock, timeoutMs, `the connection to ${to}`, (signal) =>
        transport.connect(to, { signal }),
      );
      opened.add(connection);
      entrances.open(connection.flowControlId, 'opened');
      void connection.closed.then(() => {
        opened.delete(connection);
        entrances.close(connection.flowControlId);
      });
      return connectionStatus(connection);
    } finally {
      opening--;
    }
  };

  const disconnect = async (address: string): Promise<unknown> => {
    const found = transport.connections.find(
      ({ sender, remote }) => addressName(sender) === address || remote === address,
    );
    if (found === undefined) throw unknown('TCP connection', address, 'tcp-connection');
    await found.close();
    return connectionStatus(found);
  };

  const listen = async (at: string): Promise<Listener> => {
    if (listeners.size >= MAX_LISTENERS)
      throw new NodeError('NODE_IN_USE', `a node listens at no more than ${MAX_LISTENERS} places`);
    const listener = await transport.listen(at);
    entrances.open(listener.flowControlId, 'tcp');
    listeners.set(listener.at, listener);
    return listener;
  };

  const silence = async (listener: Listener): Promise<void> => {
    listeners.delete(listener.at);
    entrances.close(listener.flowControlId);
    await listener.close();
  };

  const listenersNow = (): readonly unknown[] => [entrance, ...listeners.values()].map(listenerStatus);
  const connectionsNow = (): readonly unknown[] => transport.connections.map(connectionStatus);

  return {
    carries: true,
    calls: {
      'POST /tcp-connection/create': jsonCall(
        v.strictObject({ to: PLACE, timeoutMs: v.pipe(v.number(), v.minValue(1), v.maxValue(MAX_WAIT_MS)) }),
        ({ to, timeoutMs }) => connect(formatHostnamePort(parseHostnamePort(to)), timeoutMs),
      ),
      'POST /tcp-connection/list': connectionsNow,
      'POST /tcp-connection/delete': jsonCall(v.strictObject({ address: PLACE }), ({ address }) => disconnect(address)),
      'POST /tcp-listener/create': jsonCall(v.strictObject({ at: PLACE }), async ({ at }) => {
        const asked = formatHostnamePort(parseHostnamePort(at));
        const listener = listeners.get(asked) ?? (await listen(asked));
        resources.put('tcp-listener', listener.at, {});
        return listenerStatus(listener);
      }),
      'POST /tcp-listener/list': listenersNow,
      'POST /tcp-listener/delete': jsonCall(v.strictObject({ at: PLACE }), async ({ at }) => {
        const found = listeners.get(at);
        if (found === undefined && at === entrance.at) {
          throw new NodeError('NODE_IN_USE', `the node is reached at ${at} by this machine's commands`, {
            remedy: 'delete the node instead',
          });
        }
        if (found === undefined) throw unknown('TCP listener', at, 'tcp-listener');
        resources.delete('tcp-listener', at);
        await silence(found);
        return listenerStatus(found);
      }),
    },
    status: () => ({ transports: [...listenersNow(), ...connectionsNow()] }),
    restore: async () => {
      for (const { name } of resources.list('tcp-listener')) {
        try {
          await listen(name);
        } catch (error) {
          log.error('the node does not listen at {name} again: {error}', { name, error });
        }
      }
    },
    close: async () => {
      await Promise.all([...listeners.values()].map(silence));
      await Promise.all([...opened].map((connection) => connection.close()));
    },
  };
}

function unknown(what: string, address: string, noun: string): NodeError {
  return new NodeError('NODE_UNKNOWN', `${what} with address ${address} was not found`, {
    remedy: `see which there are with 'perigee ${noun} list'`,
  });
}

/** Transport status (`commands.md` §8.9). */
function connectionStatus({ direction, sender, receiver, flowControlId, remote }: Connection): unknown {
  return {
    flow_control_id: flowControlId,
    mode: direction === 'opened' ? 'Outgoing' : 'Incoming',
    processor_address: formatAddress(receiver),
    socket_addr: remote,
    type: 'Tcp',
    worker_addr: formatAddress(sender),
  };
}

function listenerStatus({ address, flowControlId, at }: Listener): unknown {
  return {
    flow_control_id: flowControlId,
    mode: 'Listen',
    processor_address: formatAddress(address),
    socket_addr: at,
    type: 'Tcp',
    worker_addr: '<none>',
  };
}
