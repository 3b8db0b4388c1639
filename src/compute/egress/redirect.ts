/** What the next request of a redirect looks like (`capabilities.md` §9.3). Whether it may be sent is the gate's matter. */
import { EMPTY } from '../../kernel/index.ts';
import { type HeaderList, withoutContent, withoutHostBound } from './outgoing-headers.ts';
import type { Target } from './target.ts';

/** Methods a guest can ask for (`runnable-abi.md` §7.2). */
export type HttpMethod = 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One request on the wire. */
export interface Hop {
  readonly method: HttpMethod;
  readonly target: Target;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

const KEEP_METHOD: ReadonlySet<number> = new Set([307, 308]);
const CHANGE_METHOD: ReadonlySet<number> = new Set([301, 302, 303]);

/** Whether `status` asks for another request when a `Location` comes with it. */
export function isRedirect(status: number): boolean {
  return KEEP_METHOD.has(status) || CHANGE_METHOD.has(status);
}

/** The hop after `hop` was answered with redirect `status` towards `target`. */
export function nextHop(hop: Hop, status: number, target: Target): Hop {
  const downgraded = hop.target.scheme === 'https' && target.scheme !== 'https';
  const sameHost = hop.target.host === target.host && hop.target.port === target.port;
  // A scheme change moves the default port as well; http to https on one host is an upgrade and keeps its credentials.
  const upgraded =
    hop.target.host === target.host && target.scheme === 'https' && hop.target.defaultPort && target.defaultPort;
  const headers = downgraded || !(sameHost || upgraded) ? withoutHostBound(hop.headers) : hop.headers;
  if (KEEP_METHOD.has(status)) return { ...hop, target, headers };
  return { method: hop.method === 'HEAD' ? 'HEAD' : 'GET', target, headers: withoutContent(headers), body: EMPTY };
}
