import * as v from 'valibot';
import { type CredentialSource, openChannel, type SecureChannel } from '../../../network/channel/index.ts';
import {
  addressName,
  formatAddress,
  formatMultiAddr,
  formatRoute,
  localAddress,
  type MultiAddr,
  parseMultiAddr,
  type Route,
} from '../../../network/routing/index.ts';
import {
  type CredentialAndPurposeKey,
  credentialFromHex,
  trustEveryone,
  trustIdentifiers,
} from '../../../trust/credential/index.ts';
import { type Identifier, parseIdentifier } from '../../../trust/identity/index.ts';
import { NodeError } from '../../errors.ts';
import type { GeneralInside } from '../general-node.ts';
import { jsonCall, type NodePart } from '../part.ts';
import { MAX_WAIT_MS, withTimeLimit } from '../time-limit.ts';
import { openWay } from '../way.ts';

/** A channel to open. */
interface ChannelRequest {
  readonly to: string;
  readonly authorized?: readonly string[] | undefined;
  readonly identity?: string | undefined;
  readonly credential?: string | undefined;
  readonly timeoutMs: number;
}

interface OpenedChannel {
  readonly channel: SecureChannel;
  /** As it was asked for, without `/node`. */
  readonly to: string;
  /** To the listener at the other end. */
  readonly route: Route;
  readonly authorized: readonly Identifier[] | undefined;
  readonly close: () => void;
}

/** Ours: channels that one node has opened, and identifiers that one may be for. */
const MAX_CHANNELS = 1024;
const MAX_AUTHORIZED = 256;
const NAME = v.pipe(v.string(), v.regex(/^[^/\s]{1,128}$/));

/** Identifiers that may be named for a channel or a listener. */
export const AUTHORIZED: v.GenericSchema<string[] | undefined> = v.optional(
  v.pipe(v.array(v.string()), v.maxLength(MAX_AUTHORIZED)),
);

/** The channels that a node opened (`commands.md` §8.9): `POST /secure-channel/create|list|delete`. They do not come back after a start. */
export function channelPart(inside: GeneralInside): NodePart {
  const { core, entrances, trusted } = inside;
  const { clock } = core.router;
  const channels = new Map<string, OpenedChannel>();
  let opening = 0;

  const open = async (request: ChannelRequest, signal: AbortSignal): Promise<OpenedChannel> => {
    const { way: path, listener } = partsOf(request.to);
    const authorized = request.authorized?.map(parseIdentifier);
    const identity = request.identity === undefined ? inside.identity : inside.identityNamed(request.identity);
    const credential =
      request.credential === undefined ? trusted?.credential : presenting(credentialFromHex(request.credential));
    const way = await openWay(inside, path, { identity, credential, signal });
    const route = [...way.route, localAddress(listener)];
    let channel: SecureChannel;
    try {
      channel = await openChannel(core.channels, {
        route,
        identity,
        trust: authorized === undefined ? trustEveryone : trustIdentifiers(authorized),
        authority: trusted?.authority,
        credential,
        signal,
      });
    } catch (error) {
      way.close();
      throw error;
    }
    const close = (): void => {
      channel.close();
      way.close();
    };
    const name = addressName(channel.encryptor);
    const opened = { channel, to: request.to, route, authorized, close };
    channels.set(name, opened);
    entrances.open(channel.flowControlId, 'opened');
    void Promise.race([channel.closed, way.closed]).then(() => {
      channels.delete(name);
      entrances.close(channel.flowControlId);
      close();
    });
    return opened;
  };

  const create = async (request: ChannelRequest): Promise<unknown> => {
    if (channels.size + opening >= MAX_CHANNELS) {
      throw new NodeError('NODE_IN_USE', `a node opens at most ${MAX_CHANNELS} channels`, {
        remedy: "delete some with 'perigee secure-channel delete'",
      });
    }
    opening++;
    try {
      const opened = await withTimeLimit(clock, request.timeoutMs, `the secure channel to ${request.to}`, (signal) =>
        open(request, signal),
      );
      return statusOf(opened);
    } finally {
      opening--;
    }
  };

  return {
    calls: {
      'POST /secure-channel/create': jsonCall(
        v.strictObject({
          to: v.string(),
          authorized: AUTHORIZED,
          identity: v.optional(v.string()),
          credential: v.optional(v.string()),
          timeoutMs: v.pipe(v.number(), v.minValue(1), v.maxValue(MAX_WAIT_MS)),
        }),
        (request) => create({ ...request, to: formatMultiAddr(parseMultiAddr(request.to)) }),
      ),
      'POST /secure-channel/list': () => [...channels.values()].map(statusOf),
      'POST /secure-channel/delete': jsonCall(v.strictObject({ name: NAME }), ({ name }) => {
        const found = channels.get(name);
        // Gone at once, so that a call right behind this one does not see it.
        channels.delete(name);
        found?.close();
        return found === undefined ? null : statusOf(found);
      }),
    },
    close: () => {
      for (const { close } of channels.values()) close();
      channels.clear();
    },
  };
}

/** A credential that was given by hand: it is not renewed. */
function presenting(credential: CredentialAndPurposeKey): CredentialSource {
  return { current: () => Promise.resolve(credential), onChange: () => () => undefined };
}

/** The way to the listener's node, and the listener there. @throws {NodeError} NODE_ROUTE */
function partsOf(text: string): { readonly way: MultiAddr; readonly listener: string } {
  const parts = parseMultiAddr(text);
  const last = parts.at(-1);
  if (last === undefined || !['service', 'secure', 'worker'].includes(last.protocol)) {
    throw new NodeError('NODE_ROUTE', `the route ${text} does not end at a listener for secure channels`, {
      remedy: 'end it with /service/api',
    });
  }
  return { way: parts.slice(0, -1), listener: last.value };
}

/** As scripts know it (`commands.md` §8.9), with what lists need. */
function statusOf({ channel, to, route, authorized }: OpenedChannel): unknown {
  return {
    address: `/service/${addressName(channel.encryptor)}`,
    authorized_identifiers: authorized ?? null,
    channel: formatAddress(channel.encryptor),
    flow_control_id: channel.flowControlId,
    peer: channel.peer,
    route: formatRoute(route),
    to,
  };
}
