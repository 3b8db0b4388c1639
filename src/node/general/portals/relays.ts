import * as v from 'valibot';
import { keepRelay, type RelaySession, type RelayState } from '../../../network/relay/index.ts';
import {
  addressName,
  formatMultiAddr,
  formatRoute,
  parseMultiAddr,
  type Route,
} from '../../../network/routing/index.ts';
import { trustIdentifier } from '../../../trust/credential/index.ts';
import { parseIdentifier } from '../../../trust/identity/index.ts';
import { NodeError } from '../../errors.ts';
import type { GeneralInside } from '../general-node.ts';
import { jsonCall, type NodePart } from '../part.ts';
import { limitAttempts, MAX_WAIT_MS, settledWithin } from '../time-limit.ts';
import { openWay } from '../way.ts';

/** What a relay is made with. */
interface RelayConfiguration {
  /** Where the relay service is, a route without `/node`. */
  readonly at: string;
  /** The name asked for at the service. */
  readonly address: string;
  readonly authorized?: string | undefined;
}

interface OpenRelay {
  readonly session: RelaySession;
  readonly configuration: RelayConfiguration;
  readonly state: () => RelayState;
  readonly entry: () => { readonly id: string | undefined; readonly route: Route };
  /** Settles when it was registered for the first time. */
  readonly firstUp: Promise<void>;
}

/** Ours: relays of one node. */
const MAX_RELAYS = 1024;
const NAME = v.pipe(v.string(), v.regex(/^[^/\s]{1,128}$/));

/** The relays by which a node is reached (`commands.md` §8.5): `POST /relay/create|list|delete`. */
export function relayPart(inside: GeneralInside): NodePart {
  const { core, resources, entrances } = inside;
  const { router, log } = core;
  const relays = new Map<string, OpenRelay>();

  const open = (name: string, configuration: RelayConfiguration): OpenRelay => {
    const way = parseMultiAddr(configuration.at);
    const { authorized } = configuration;
    const trust = authorized === undefined ? undefined : trustIdentifier(parseIdentifier(authorized));
    const { promise: firstUp, resolve } = Promise.withResolvers<void>();
    let state: RelayState = { up: false, reason: 'not registered yet' };
    let entry: { readonly id: string | undefined; readonly route: Route } = { id: undefined, route: [] };
    const limited = limitAttempts(router.clock, 'the way to the relay');
    const session = keepRelay(router, {
      name: configuration.address,
      tracing: core.tracing,
      connect: async (signal) => {
        const opened = await limited(signal, (limit) => openWay(inside, way, { trust, signal: limit }));
        const { entry: id } = opened;
        if (id === undefined) {
          opened.close();
          throw new NodeError('NODE_ROUTE', 'a relay is at another node, and the route leads to none');
        }
        // Whoever comes by the relay is a stranger, as whoever connects by TCP: only a channel shows who it is.
        entrances.open(id, 'tcp');
        void opened.closed.then(() => entrances.close(id));
        entry = { id, route: opened.route };
        return opened;
      },
      onState: (now) => {
        state = now;
        if (now.up) {
          resolve();
          log.info('the relay {name} is registered at {at}', { name, at: configuration.at });
        } else {
          log.warn('the relay {name} is not registered at {at}: {reason}', {
            name,
            at: configuration.at,
            reason: now.reason,
          });
        }
      },
    });
    const opened = { session, configuration, state: () => state, entry: () => entry, firstUp };
    relays.set(name, opened);
    return opened;
  };

  const create = async (name: string, configuration: RelayConfiguration, waitMs: number): Promise<unknown> => {
    const known = relays.get(name);
    if (known !== undefined) {
      if (JSON.stringify(known.configuration) === JSON.stringify(configuration)) return statusOf(name, known);
      throw new NodeError('NODE_IN_USE', `A relay with the name '${name}' already exists`, {
        remedy: 'choose another name, or delete that relay',
      });
    }
    if (relays.size >= MAX_RELAYS) throw new NodeError('NODE_IN_USE', `a node has at most ${MAX_RELAYS} relays`);
    const opened = open(name, configuration);
    resources.put('relay', name, configuration);
    await settledWithin(router.clock, waitMs, opened.firstUp);
    return statusOf(name, opened);
  };

  const remove = async (name: string): Promise<unknown> => {
    const found = relays.get(name);
    if (found === undefined) {
      throw new NodeError('NODE_UNKNOWN', `There is no relay with the name '${name}'`, {
        remedy: "see which there are with 'perigee relay list'",
      });
    }
    relays.delete(name);
    resources.delete('relay', name);
    const status = statusOf(name, found);
    await found.session.close();
    return status;
  };

  const list = (): readonly unknown[] => [...relays].map(([name, relay]) => statusOf(name, relay));

  return {
    carries: true,
    calls: {
      'POST /relay/create': jsonCall(
        v.strictObject({
          name: NAME,
          at: v.string(),
          address: NAME,
          authorized: v.optional(v.string()),
          waitMs: v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_WAIT_MS)),
        }),
        ({ name, at, address, authorized, waitMs }) =>
          create(
            name,
            {
              at: formatMultiAddr(parseMultiAddr(at)),
              address,
              ...(authorized !== undefined && { authorized: parseIdentifier(authorized) }),
            },
            waitMs,
          ),
      ),
      'POST /relay/list': list,
      'POST /relay/delete': jsonCall(v.strictObject({ name: NAME }), ({ name }) => remove(name)),
    },
    restore: () => {
      for (const { name, configuration } of resources.list<RelayConfiguration>('relay')) open(name, configuration);
      return Promise.resolve();
    },
    close: async () => {
      const closing = [...relays.values()].map(({ session }) => session.close());
      relays.clear();
      await Promise.all(closing);
    },
  };
}

/** As scripts know it (`commands.md` §8.5). */
function statusOf(name: string, { configuration, state, entry }: OpenRelay): unknown {
  const now = state();
  const { id, route } = entry();
  return {
    connection_status: now.up ? 'Up' : 'Down',
    destination_address: configuration.at,
    flow_control_id: now.up ? (id ?? null) : null,
    forwarding_route: now.up ? formatRoute([...route, now.address]) : null,
    last_failure: now.up ? null : now.reason,
    name,
    remote_address: now.up ? addressName(now.address) : null,
    worker_address: now.up && route[0] !== undefined ? addressName(route[0]) : null,
  };
}
