import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import * as v from 'valibot';
import { type Dial, type Outlet, startOutlet } from '../../../network/portal/index.ts';
import {
  dialHost,
  formatHostnamePort,
  type HostnamePort,
  localAddress,
  parseHostnamePort,
} from '../../../network/routing/index.ts';
import { NodeError } from '../../errors.ts';
import { randomName } from '../../names/index.ts';
import { systemRandom } from '../../system/index.ts';
import type { GeneralInside } from '../general-node.ts';
import { jsonCall, type NodePart } from '../part.ts';
import { logPortal } from './portal-log.ts';
import { portalTrace } from './portal-trace.ts';

/** What an outlet is made with. */
interface OutletConfiguration {
  /** `host:port`. */
  readonly to: string;
  readonly tls: boolean;
}

interface OpenOutlet {
  readonly outlet: Outlet;
  readonly configuration: OutletConfiguration;
}

/** Ours: outlets of one node. */
const MAX_OUTLETS = 1024;
const DEFAULT_ADDRESS = 'outlet';
const NAME = v.pipe(v.string(), v.regex(/^[^/\s]{1,128}$/));

/** The outlets of a node (`commands.md` §8.5): `POST /tcp-outlet/create|list|delete`. */
export function outletPart(inside: GeneralInside): NodePart {
  const { core, trusted, resources, entrances } = inside;
  const { router, log } = core;
  const outlets = new Map<string, OpenOutlet>();

  const open = (name: string, configuration: OutletConfiguration): void => {
    const access = inside.accessTo({ type: 'tcp-outlet', name });
    const trace = portalTrace(core.tracing, 'tcp-outlet connection', name);
    const outlet = startOutlet(router, {
      address: localAddress(name),
      dial: targetDialer(parseHostnamePort(configuration.to), configuration.tls),
      incoming: access,
      outgoing: access,
      reachableFrom: [],
      onEvent: (event) => {
        trace(event);
        logPortal(log, `the outlet ${name}`, event);
      },
    });
    // With an authority, whoever comes must have proved who it is.
    entrances.admit(outlet.address, trusted === undefined ? ['tcp', 'channel'] : ['channel']);
    outlets.set(name, { outlet, configuration });
  };

  const create = (
    wanted: string | undefined,
    configuration: OutletConfiguration,
    allow: string | undefined,
  ): unknown => {
    const name = wanted ?? freeName();
    const known = outlets.get(name);
    if (known !== undefined || router.has(localAddress(name))) {
      const { to, tls } = known?.configuration ?? {};
      if (to === configuration.to && tls === configuration.tls) {
        if (allow !== undefined) inside.protect(name, allow);
        return statusOf(name, configuration);
      }
      throw new NodeError('NODE_IN_USE', `A TCP outlet with address '${name}' already exists`, {
        remedy: 'choose another address with --from, or delete that outlet',
      });
    }
    if (outlets.size >= MAX_OUTLETS) throw new NodeError('NODE_IN_USE', `a node has at most ${MAX_OUTLETS} outlets`);
    // Before it is open, so that nobody comes in whom the policy keeps out.
    const unprotect = allow === undefined ? undefined : inside.protect(name, allow);
    try {
      open(name, configuration);
    } catch (error) {
      unprotect?.();
      throw error;
    }
    resources.put('tcp-outlet', name, configuration);
    log.info('the outlet {name} leads to {to}', { name, to: configuration.to });
    return statusOf(name, configuration);
  };

  const freeName = (): string =>
    router.has(localAddress(DEFAULT_ADDRESS))
      ? randomName(systemRandom, (taken) => router.has(localAddress(taken)))
      : DEFAULT_ADDRESS;

  const remove = (name: string): unknown => {
    const found = outlets.get(name);
    if (found === undefined) throw unknown(name);
    outlets.delete(name);
    resources.delete('tcp-outlet', name);
    close(found.outlet);
    return statusOf(name, found.configuration);
  };

  const close = (outlet: Outlet): void => {
    entrances.forget(outlet.address);
    outlet.close();
    outlet.disconnect();
  };

  const list = (): readonly unknown[] => [...outlets].map(([name, { configuration }]) => statusOf(name, configuration));

  return {
    calls: {
      'POST /tcp-outlet/create': jsonCall(
        v.strictObject({ to: v.string(), tls: v.boolean(), from: v.optional(NAME), allow: v.optional(v.string()) }),
        ({ to, tls, from, allow }) => create(from, { to: formatHostnamePort(parseHostnamePort(to)), tls }, allow),
      ),
      'POST /tcp-outlet/list': list,
      'POST /tcp-outlet/delete': jsonCall(v.strictObject({ name: NAME }), ({ name }) => remove(name)),
    },
    status: () => ({ outlets: list() }),
    restore: () => {
      for (const { name, configuration } of resources.list<OutletConfiguration>('tcp-outlet')) {
        try {
          open(name, configuration);
        } catch (error) {
          log.error('the outlet {name} does not come back: {error}', { name, error });
        }
      }
      return Promise.resolve();
    },
    close: () => {
      for (const { outlet } of outlets.values()) close(outlet);
      outlets.clear();
    },
  };
}

function unknown(name: string): NodeError {
  return new NodeError('NODE_UNKNOWN', `There is no TCP outlet with address '${name}'`, {
    remedy: "see which there are with 'perigee tcp-outlet list'",
  });
}

/** As scripts know it (`commands.md` §8.5). */
function statusOf(name: string, { to }: OutletConfiguration): unknown {
  return { payload: null, to, worker_addr: { inner: [...Buffer.from(name)], tt: 0 } };
}

/** Connects to `place`, by TLS with the authorities that Node knows when `tls` is set. */
export function targetDialer(place: HostnamePort, tls: boolean): Dial {
  const host = dialHost(place);
  return async (signal) => {
    // Nobody reads what the target says before the portal does.
    const socket: Socket = tls
      ? connectTls({ host, port: place.port, servername: host })
      : connectTcp({ host, port: place.port, allowHalfOpen: true });
    try {
      await once(socket, tls ? 'secureConnect' : 'connect', { signal });
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return socket;
  };
}
