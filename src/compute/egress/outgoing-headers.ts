/** Request headers of a guest: what is dropped, what is refused, what the host adds (`capabilities.md` §9.2). */
import { quoted } from '../../kernel/index.ts';

/** Header fields in order; a name may repeat. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** Headers that may be sent, or the reason why the guest's list is refused. */
export type HeaderOutcome =
  | { readonly ok: true; readonly headers: HeaderList }
  | { readonly ok: false; readonly message: string };

const MAX_HEADERS = 100;
const MAX_HEADER_LENGTH = 32 * 1024;

/** Framing and connection headers belong to the host: a guest that sets them could smuggle a second request. */
const HOST_OWNED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Headers that speak for the guest at one host and must not follow a redirect to another. */
const BOUND_TO_HOST: ReadonlySet<string> = new Set(['authorization', 'cookie', 'cookie2', 'www-authenticate']);

const TOKEN = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\uffff]*$/;

/** The headers of `given` that may leave, with the host's defaults added; invalid characters refuse the whole list. */
export function outgoingHeaders(given: HeaderList, hasBody: boolean): HeaderOutcome {
  const headers: [string, string][] = [];
  let length = 0;
  for (const [name, value] of given) {
    if (!TOKEN.test(name)) return { ok: false, message: `invalid header field name ${quoted(name)}` };
    // The value stays out of the message: it may be a password with a stray line break.
    if (!FIELD_VALUE.test(value)) return { ok: false, message: `invalid header field value for ${quoted(name)}` };
    length += name.length + value.length;
    if (length > MAX_HEADER_LENGTH || headers.length === MAX_HEADERS) return { ok: false, message: 'too many headers' };
    if (!HOST_OWNED.has(name.toLowerCase())) headers.push([name, value.trim()]);
  }
  if (hasBody && !hasHeader(headers, 'content-type')) headers.push(['content-type', 'application/octet-stream']);
  if (!hasHeader(headers, 'user-agent')) headers.push(['user-agent', 'perigee']);
  return { ok: true, headers };
}

/** `headers` with the host's `authorization` in place of any other. */
export function withAuthorization(headers: HeaderList, value: string): HeaderList {
  return [...headers.filter(([name]) => name.toLowerCase() !== 'authorization'), ['authorization', value]];
}

/** `headers` for a redirect that leaves the host or the protection of TLS. */
export function withoutHostBound(headers: HeaderList): HeaderList {
  return headers.filter(([name]) => !BOUND_TO_HOST.has(name.toLowerCase()));
}

/** `headers` for a request that lost its body on the way. */
export function withoutContent(headers: HeaderList): HeaderList {
  return headers.filter(([name]) => !name.toLowerCase().startsWith('content-'));
}

/** The flat form the HTTP library takes; values as the UTF-8 bytes that go on the wire. */
export function flatHeaders(headers: HeaderList): string[] {
  return headers.flatMap(([name, value]) => [name, Buffer.from(value, 'utf8').toString('latin1')]);
}

/** Whether `value` may stand in a header. */
export function isFieldValue(value: string): boolean {
  return FIELD_VALUE.test(value);
}

function hasHeader(headers: HeaderList, wanted: string): boolean {
  return headers.some(([name]) => name.toLowerCase() === wanted);
}
