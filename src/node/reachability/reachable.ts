import { dialHost, parseHostnamePort } from '../../network/routing/wire/index.ts';
import { EnrollmentError, parseServiceRoute } from '../../project/enrollment/service-route/index.ts';
import type { ProjectRecord } from '../home/index.ts';

/** Which of a project's two addresses take connections; undefined where none is known. */
export interface ProjectReach {
  readonly node: boolean | undefined;
  readonly authority: boolean | undefined;
}

/** Looks at both addresses of a project at once, each for `timeoutMs` at most. */
export async function reachOf({ model }: ProjectRecord, timeoutMs: number, signal: AbortSignal): Promise<ProjectReach> {
  const { access_route: node, authority_access_route: authority } = model as Readonly<Record<string, unknown>>;
  const [nodeReached, authorityReached] = await Promise.all(
    [node, authority].map((route) => {
      const at = addressOf(route);
      return at === undefined ? Promise.resolve(undefined) : takesConnections(at, timeoutMs, signal);
    }),
  );
  return { node: nodeReached, authority: authorityReached };
}

/** Undefined for a project that has never run, or was imported without its authority. */
function addressOf(route: unknown): string | undefined {
  if (typeof route !== 'string' || route === '') return undefined;
  try {
    return parseServiceRoute(route, 'route').connectTo;
  } catch (error) {
    if (error instanceof EnrollmentError) return undefined;
    throw error;
  }
}

/**
 * Whether something takes TCP connections at `host:port`. Who it is, only a channel would tell; nothing is sent, so that the other
 * side has nothing to refuse and nothing to log.
 */
async function takesConnections(at: string, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const place = parseHostnamePort(at);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = process.getBuiltinModule('node:net').connect({ host: dialHost(place), port: place.port });
  const stop = (): void => resolve(false);
  signal.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(stop, timeoutMs);
  socket.once('connect', () => resolve(true));
  // Why it failed does not matter here: nobody is there.
  socket.once('error', stop);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}
