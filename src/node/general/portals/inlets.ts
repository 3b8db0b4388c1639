import * as v from 'valibot';
import { type Inlet, openInlet } from '../../../network/portal/index.ts';
import {
  addressName,
  formatMultiAddr,
  formatRoute,
  localAddress,
  type MultiAddr,
  parseHostnamePort,
  formatHostnamePort,
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
import { logPortal } from './portal-log.ts';
import { portalTrace } from './portal-trace.ts';
import { unreached } from './unreached.ts';

/** What an inlet is made with. */
interface InletConfiguration {
  /** Where applications connect to, `host:port`; recorded with the port that was taken. */
  readonly from: string;
  /** The route to the outlet, without `/node`. */
  readonly to: string;
  readonly authorized?: string | undefined;
  /** Name of the identity that opens the channel; the node's unless given. */
  readonly identity?: string | undefined;
}

interface OpenInlet {
  readonly inlet: Inlet;
  readonly configuration: InletConfiguration;
  /** Where the outlet is reached now. */
  readonly route: () => Route | undefined;
  /** Settles when the outlet's node was reached for the first time. */
  readonly firstUp: Promise<void>;
  /** Why the outlet's node is not reached; undefined when it is, or as long as nothing is known. */
  readonly failure: () => string | undefined;
  /** As long as nothing else is known, what does not answer now is why. */
  readonly noteWait: () => void;
}

/** Ours: inlets of one node. */
const MAX_INLETS = 1024;
const ALIAS = v.pipe(v.string(), v.regex(/^[^/:\s]{1,128}$/));

/** The inlets of a node (`commands.md` §8.5): `POST /tcp-inlet/create|list|delete`. */
export function inletPart(inside: GeneralInside): NodePart {
  const { core, resources, identityNamed } = inside;
  const { router, log } = core;
  const inlets = new Map<string, OpenInlet>();
  /** Those that are being opened: two commands at once must not both get the name. */
  const opening = new Map<string, Promise<unknown>>();

  const open = async (alias: string, configuration: InletConfiguration): Promise<OpenInlet> => {
    const { way, outlet } = partsOf(configuration.to);
    const access = inside.accessTo({ type: 'tcp-inlet', name: alias });
    const { authorized, identity } = configuration;
    const trust = authorized === undefined ? undefined : trustIdentifier(parseIdentifier(authorized));
    const opener = identity === undefined ? undefined : identityNamed(identity);
    const { promise: firstUp, resolve } = Promise.withResolvers<void>();
    let route: Route | undefined;
    let part = 0;
    let failure: string | undefined;
    const trace = portalTrace(core.tracing, 'tcp-inlet connection', alias);
    const limited = limitAttempts(router.clock, 'the way to the outlet');
    const inlet = await openInlet(router, {
      listen: configuration.from,
      outlet: localAddress(outlet),
      incoming: access,
      outgoing: access,
      connect: async (signal) => {
        const onPart = (at: number): void => void (part = at);
        const opened = await limited(signal, (limit) =>
          openWay(inside, way, { trust, identity: opener, onPart, signal: limit }),
        );
        part = way.length;
        ({ route } = opened);
        return opened;
      },
      onEvent: (event) => {
        if (event.kind === 'up') {
          failure = undefined;
          resolve();
        }
        trace(event);
        if (event.kind === 'down') {
          failure = [event.reason, unreached(way, part)].filter((text) => text !== undefined).join('; ');
          logPortal(log, `the inlet ${alias}`, { ...event, reason: failure });
        } else {
          logPortal(log, `the inlet ${alias}`, event);
        }
      },
    });
    const opened: OpenInlet = {
      inlet,
      configuration: { ...configuration, from: inlet.at },
      route: () => route,
      firstUp,
      failure: () => failure,
      noteWait: () => {
        if (!inlet.isUp()) failure ??= unreached(way, part);
      },
    };
    inlets.set(alias, opened);
    return opened;
  };

  const create = async (
    alias: string,
    configuration: InletConfiguration,
    { waitMs, allow }: { readonly waitMs: number; readonly allow: string | undefined },
  ): Promise<unknown> => {
    for (let other = opening.get(alias); other !== undefined; other = opening.get(alias)) await other;
    const known = inlets.get(alias);
    if (known !== undefined) {
      const same =
        JSON.stringify({ ...known.configuration, from: configuration.from }) === JSON.stringify(configuration);
      if (same && isSamePlace(known.configuration.from, configuration.from)) {
        if (allow !== undefined) inside.protect(alias, allow);
        return statusOf(alias, known);
      }
      throw new NodeError('NODE_IN_USE', `A TCP inlet with alias '${alias}' already exists`, {
        remedy: 'choose another alias with --alias, or delete that inlet',
      });
    }
    if (inlets.size >= MAX_INLETS) throw new NodeError('NODE_IN_USE', `a node has at most ${MAX_INLETS} inlets`);
    const unprotect = allow === undefined ? undefined : inside.protect(alias, allow);
    const made = open(alias, configuration);
    opening.set(
      alias,
      made.catch(() => undefined).finally(() => opening.delete(alias)),
    );
    const opened = await made.catch((error: unknown) => {
      unprotect?.();
      throw error;
    });
    resources.put('tcp-inlet', alias, opened.configuration);
    await settledWithin(router.clock, waitMs, opened.firstUp);
    if (waitMs > 0) opened.noteWait();
    return statusOf(alias, opened);
  };

  const remove = (alias: string): unknown => {
    const found = inlets.get(alias);
    if (found === undefined) {
      throw new NodeError('NODE_UNKNOWN', `There is no TCP inlet with alias '${alias}'`, {
        remedy: "see which there are with 'perigee tcp-inlet list'",
      });
    }
    inlets.delete(alias);
    resources.delete('tcp-inlet', alias);
    const status = statusOf(alias, found);
    void found.inlet.close();
    found.inlet.disconnect();
    return status;
  };

  const list = (): readonly unknown[] => [...inlets].map(([alias, inlet]) => statusOf(alias, inlet));

  return {
    calls: {
      'POST /tcp-inlet/create': jsonCall(
        v.strictObject({
          alias: ALIAS,
          from: v.string(),
          to: v.string(),
          authorized: v.optional(v.string()),
          identity: v.optional(v.string()),
          allow: v.optional(v.string()),
          waitMs: v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_WAIT_MS)),
        }),
        ({ alias, waitMs, allow, from, to, authorized, identity }) =>
          create(
            alias,
            {
              from: formatHostnamePort(parseHostnamePort(from)),
              to: formatMultiAddr(parseMultiAddr(to)),
              ...(authorized !== undefined && { authorized: parseIdentifier(authorized) }),
              ...(identity !== undefined && { identity }),
            },
            { waitMs, allow },
          ),
      ),
      'POST /tcp-inlet/list': list,
      'POST /tcp-inlet/delete': jsonCall(v.strictObject({ alias: ALIAS }), ({ alias }) => remove(alias)),
    },
    status: () => ({ inlets: list() }),
    restore: async () => {
      for (const { name, configuration } of resources.list<InletConfiguration>('tcp-inlet')) {
        try {
          await open(name, configuration);
        } catch (error) {
          log.error('the inlet {name} does not come back: {error}', { name, error });
        }
      }
    },
    close: async () => {
      const closing = [...inlets.values()].map(({ inlet }) => {
        const closed = inlet.close();
        inlet.disconnect();
        return closed;
      });
      inlets.clear();
      await Promise.all(closing);
    },
  };
}

/** The way to the outlet's node, and the outlet there. @throws {NodeError} NODE_ROUTE */
function partsOf(text: string): { readonly way: MultiAddr; readonly outlet: string } {
  const parts = parseMultiAddr(text);
  const last = parts.at(-1);
  if (last === undefined || (last.protocol !== 'service' && last.protocol !== 'worker')) {
    throw new NodeError('NODE_ROUTE', `the route ${text} does not end at an outlet`, {
      remedy: 'end it with /service/outlet',
    });
  }
  return { way: parts.slice(0, -1), outlet: last.value };
}

/** Whether the place that was asked for is the one that was taken. */
function isSamePlace(taken: string, asked: string): boolean {
  return taken === asked || (asked.endsWith(':0') && taken.startsWith(asked.slice(0, -1)));
}

/** As scripts know it (`commands.md` §8.5). */
function statusOf(alias: string, { inlet, configuration, route, failure }: OpenInlet): unknown {
  const { outlet } = partsOf(configuration.to);
  const hops = inlet.isUp() ? route() : undefined;
  return {
    alias,
    bind_addr: inlet.at,
    outlet_addr: configuration.to,
    outlet_route: hops === undefined ? null : formatRoute([...hops, localAddress(outlet)]),
    payload: failure() ?? null,
    status: inlet.isUp() ? 'Up' : 'Down',
    worker_addr: hops?.[0] === undefined ? null : addressName(hops[0]),
  };
}
