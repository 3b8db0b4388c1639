/** How guests write an HTTP request: a method number, and URL and headers in one text (`runnable-abi.md` §7.2, §8.1). */
import type { OutgoingRequest } from '../capability/index.ts';

type Method = OutgoingRequest['method'];

/** Which numbers a module gives to HTTP methods: generation 3 counts anew. */
export type MethodNumbering = 'old' | 'current';

const CURRENT: readonly Method[] = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** 0, 5 and 6 were never given out before generation 3, so they mean what they mean there. */
const OLD: readonly Method[] = ['GET', 'GET', 'POST', 'PATCH', 'DELETE', 'PATCH', 'DELETE'];

/** The method of number `method`; undefined for an unknown number. */
export function methodOf(method: number, numbering: MethodNumbering): Method | undefined {
  return (numbering === 'old' ? OLD : CURRENT)[method];
}

/**
 * The request of `method`, `target` (`url::Name:Value::Name:Value`) and `body`; undefined when the method number is unknown
 * or a header is not exactly `Name:Value`, which the guest learns as −2. A body without a type is `application/octet-stream`.
 */
export function outgoingRequest(
  method: number,
  numbering: MethodNumbering,
  target: string,
  body: Uint8Array,
): OutgoingRequest | undefined {
  const name = methodOf(method, numbering);
  if (name === undefined) return undefined;
  const [url = '', ...segments] = target.split('::');
  const headers: [string, string][] = [];
  for (const segment of segments) {
    const [header, value, ...rest] = segment.split(':');
    if (header === undefined || value === undefined || rest.length > 0) return undefined;
    headers.push([header, value]);
  }
  if (body.length > 0 && !headers.some(([header]) => header.toLowerCase() === 'content-type')) {
    headers.push(['Content-Type', 'application/octet-stream']);
  }
  return { method: name, url, headers, body };
}
