/** Requests to other servers, as far as the Directive grants them (`runnable-abi.md` §7.2). */
import { currentCall } from './abi';
import { Answer, take } from './answer';
import { fetch_url } from './env';
import { Utf8 } from './utf8';

/** Header name to value. */
export type Headers = Map<string, string>;

const GET: i32 = 0;
const HEAD: i32 = 1;
const OPTIONS: i32 = 2;
const POST: i32 = 3;
const PUT: i32 = 4;
const PATCH: i32 = 5;
const DELETE: i32 = 6;

/** The body of the response; refused with `<status>: <body>` above status 299, or with why the request was not sent. */
export function get(url: string, headers: Headers | null = null): Answer {
  return send(GET, url, headers, new Uint8Array(0));
}

/** As `get`, to learn only whether it works: a response to HEAD has no body. */
export function head(url: string, headers: Headers | null = null): Answer {
  return send(HEAD, url, headers, new Uint8Array(0));
}

/** As `get` with method OPTIONS. */
export function options(url: string, headers: Headers | null = null): Answer {
  return send(OPTIONS, url, headers, new Uint8Array(0));
}

/** Sends `body`; a body without a `Content-Type` header is `application/octet-stream`. */
export function post(url: string, body: Uint8Array, headers: Headers | null = null): Answer {
  return send(POST, url, headers, body);
}

/** As `post` with method PUT. */
export function put(url: string, body: Uint8Array, headers: Headers | null = null): Answer {
  return send(PUT, url, headers, body);
}

/** As `post` with method PATCH. */
export function patch(url: string, body: Uint8Array, headers: Headers | null = null): Answer {
  return send(PATCH, url, headers, body);
}

/** As `get` with method DELETE. */
export function remove(url: string, headers: Headers | null = null): Answer {
  return send(DELETE, url, headers, new Uint8Array(0));
}

/** URL and headers travel as one text with `::` and `:` between the parts, so these cannot stand inside a part. */
function send(method: i32, url: string, headers: Headers | null, body: Uint8Array): Answer {
  if (url.includes('::')) return Answer.refused('a URL cannot contain "::"');
  let target = url;
  if (headers !== null) {
    const names = headers.keys();
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      const value = headers.get(name);
      if (name.includes(':') || value.includes(':')) return Answer.refused('a request header cannot contain ":"');
      target += '::' + name + ':' + value;
    }
  }
  const text = new Utf8(target);
  return take(fetch_url(method, text.pointer, text.length, body.dataStart, body.length, currentCall()));
}
