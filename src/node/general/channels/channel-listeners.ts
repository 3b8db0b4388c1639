import * as v from 'valibot';
import { type ChannelListener, listenForChannels } from '../../../network/channel/index.ts';
import { addressName, localAddress } from '../../../network/routing/index.ts';
import { trustEveryone, trustIdentifiers } from '../../../trust/credential/index.ts';
import { parseIdentifier } from '../../../trust/identity/index.ts';
import { NodeError } from '../../errors.ts';
import { AUTHORIZED } from './channels.ts';
import type { GeneralInside } from '../general-node.ts';
import { jsonCall, type NodePart } from '../part.ts';

/** What a listener is made with. */
interface ListenerConfiguration {
  /** Who may open channels; everybody unless given. */
  readonly authorized?: readonly string[] | undefined;
  /** Name of the identity that answers; the node's unless given. */
  readonly identity?: string | undefined;
}

interface OpenListener {
  readonly listener: ChannelListener;
  readonly configuration: ListenerConfiguration;
}

/** Ours: listeners of one node. */
const MAX_LISTENERS = 256;
const NAME = v.pipe(v.string(), v.regex(/^[^/\s]{1,128}$/));

/** Where a node accepts channels beside `api` (`commands.md` §8.9): `POST /secure-channel-listener/create|list|delete`. */
export function channelListenerPart(inside: GeneralInside): NodePart {
  const { core, entrances, resources, trusted } = inside;
  const listeners = new Map<string, OpenListener>();

  const open = (name: string, configuration: ListenerConfiguration): void => {
    const authorized = configuration.authorized?.map(parseIdentifier);
    const { identity } = configuration;
    const listener = listenForChannels(core.channels, {
      address: localAddress(name),
      identity: identity === undefined ? inside.identity : inside.identityNamed(identity),
      trust: authorized === undefined ? trustEveryone : trustIdentifiers(authorized),
      authority: trusted?.authority,
      credential: trusted?.credential,
    });
    entrances.open(listener.flowControlId, 'channel');
    entrances.admit(listener.address, ['tcp', 'channel']);
    listeners.set(name, { listener, configuration });
  };

  const create = (name: string, configuration: ListenerConfiguration): unknown => {
    const known = listeners.get(name);
    if (known === undefined || JSON.stringify(known.configuration) !== JSON.stringify(configuration)) {
      if (listeners.size >= MAX_LISTENERS)
        throw new NodeError('NODE_IN_USE', `a node has at most ${MAX_LISTENERS} listeners for channels`);
      open(name, configuration);
      resources.put('secure-channel-listener', name, configuration);
    }
    return { address: `/service/${name}` };
  };

  const close = (name: string, { listener }: OpenListener): void => {
    listeners.delete(name);
    entrances.close(listener.flowControlId);
    entrances.forget(listener.address);
    listener.close();
    for (const channel of listener.channels) channel.close();
  };

  const remove = (name: string): unknown => {
    const found = listeners.get(name);
    if (found === undefined) {
      throw new NodeError(
        'NODE_UNKNOWN',
        inside.listener !== undefined && addressName(inside.listener.address) === name
          ? `the listener ${name} belongs to the node and stays as long as it`
          : `There is no secure channel listener at '${name}'`,
        { remedy: "see which there are with 'perigee secure-channel-listener list'" },
      );
    }
    resources.delete('secure-channel-listener', name);
    close(name, found);
    return { address: `/service/${name}` };
  };

  const list = (): readonly unknown[] => [
    ...(inside.listener === undefined ? [] : [statusOf(inside.listener)]),
    ...[...listeners.values()].map(({ listener }) => statusOf(listener)),
  ];

  return {
    calls: {
      'POST /secure-channel-listener/create': jsonCall(
        v.strictObject({ name: NAME, authorized: AUTHORIZED, identity: v.optional(v.string()) }),
        ({ name, authorized, identity }) =>
          create(name, {
            ...(authorized !== undefined && { authorized: authorized.map(parseIdentifier) }),
            ...(identity !== undefined && { identity }),
          }),
      ),
      'POST /secure-channel-listener/list': list,
      'POST /secure-channel-listener/delete': jsonCall(v.strictObject({ name: NAME }), ({ name }) => remove(name)),
    },
    status: () => ({ secure_channel_listeners: list() }),
    restore: () => {
      for (const { name, configuration } of resources.list<ListenerConfiguration>('secure-channel-listener')) {
        try {
          open(name, configuration);
        } catch (error) {
          core.log.error('the listener {name} does not come back: {error}', { name, error });
        }
      }
      return Promise.resolve();
    },
    close: () => {
      for (const [name, listener] of listeners) close(name, listener);
    },
  };
}

/** As in node resources (`commands.md` §8.9). */
function statusOf({ address, flowControlId }: ChannelListener): unknown {
  return {
    address: { inner: [...address.bytes], tt: 0 },
    flow_control_id: flowControlId,
    is_key_exchange_only: false,
  };
}
