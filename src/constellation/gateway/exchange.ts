import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Span } from '../../kernel/index.ts';
import type { RequestView } from '../../compute/abi/index.ts';

/** One request and its response. */
export class Exchange {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly url: string;
  /** The client, as {@link CallerNames} names it. */
  readonly caller: string;
  readonly startedMs: number;
  readonly requestId: string = randomUUID();
  /** Name of the handler that serves it. */
  handler: string | undefined;
  sat: string | undefined;
  span: Span | undefined;

  constructor(
    message: IncomingMessage,
    response: ServerResponse,
    method: string,
    url: string,
    caller: string,
    startedMs: number,
  ) {
    this.message = message;
    this.response = response;
    this.method = method;
    this.url = url;
    this.caller = caller;
    this.startedMs = startedMs;
  }

  get path(): string {
    const query = this.url.indexOf('?');
    return query < 0 ? this.url : this.url.slice(0, query);
  }
}

const NO_STATE: ReadonlyMap<string, Uint8Array> = new Map();
const NO_HEADERS: ReadonlyMap<string, string> = new Map();

/** What the first function of its sequence gets; of headers that come twice the first. */
export function requestOf(
  { message, method, url, requestId }: Exchange,
  params: ReadonlyMap<string, string>,
  body: Uint8Array,
): RequestView {
  const headers = new Map<string, string>();
  const { rawHeaders } = message;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (!headers.has(name)) headers.set(name, rawHeaders[i + 1] as string);
  }
  return {
    method,
    url,
    id: requestId,
    body,
    headers,
    params,
    state: NO_STATE,
    responseHeaders: NO_HEADERS,
  };
}
