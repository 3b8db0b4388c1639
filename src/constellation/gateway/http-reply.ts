/** What a client gets: status, headers and body for every way in which a request can end (`constellation.md` §7.4). */
import type { ServerResponse } from 'node:http';
import { type CodedError, EMPTY, utf8 } from '../../kernel/index.ts';
import { httpAnswer, type SequenceOutcome, statusOfFailure } from '../../compute/sequence/index.ts';

/** A response without what the server adds itself. */
export interface Reply {
  readonly status: number;
  /** Name, value, name, value … */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
}

/** When a client should come again, in seconds, after a 503. */
const RETRY_AFTER_SECONDS = '1';

/** Ours: up to this size a body is written together with its head. */
const ONE_WRITE_BYTES = 8 * 1024;

const STATUS: Readonly<Record<string, number>> = {
  SAT_LOST: 502,
  GATEWAY_NO_SAT: 503,
  GATEWAY_OVERLOADED: 503,
  GATEWAY_CLOSING: 503,
  GATEWAY_NOTHING_DEPLOYED: 503,
  GATEWAY_DEADLINE: 504,
  FUNCTION_DEADLINE: 504,
  GATEWAY_BODY_TOO_LARGE: 413,
  GATEWAY_BAD_REQUEST: 400,
  GATEWAY_CLIENT_GONE: 499,
};

/** What a client reads; the reason is for the log. */
const TEXTS: Readonly<Record<number, string>> = {
  400: 'the request cannot be read',
  413: 'the body of the request is too large',
  500: 'the request could not be completed',
  502: 'the function may have started but its answer was lost',
  503: 'no capacity at the moment, try again later',
  504: 'the request took too long',
};

/** The response for what a sequence ended with. */
export function replyTo(outcome: SequenceOutcome, requestId: string): Reply {
  if (outcome.kind === 'failure') return failureReply(outcome.error, requestId);
  const { status, headers, body } = httpAnswer(outcome);
  const flat: string[] = [];
  for (const [name, value] of headers) if (!name.startsWith('x-perigee-')) flat.push(name, value);
  return { status, headers: flat, body };
}

/** `{"status","message","code","request_id"}`: the code says what happened, the words nothing more. */
export function failureReply(error: CodedError, requestId: string): Reply {
  const status = STATUS[error.code] ?? statusOfFailure(error);
  const message = TEXTS[status] ?? '';
  const body = utf8(JSON.stringify({ status, message, code: error.code, request_id: requestId }));
  const headers = ['content-type', 'application/json'];
  if (status === 503) headers.push('retry-after', RETRY_AFTER_SECONDS);
  return { status, headers, body };
}

/** A text as the reference's router answers it. */
export function textReply(status: number, text: string, headers: readonly string[] = []): Reply {
  return { status, headers: [...headers, 'content-type', 'text/plain; charset=utf-8'], body: utf8(text) };
}

/** No body. */
export function bareReply(status: number, headers: readonly string[]): Reply {
  return { status, headers, body: EMPTY };
}

/** Writes `reply`; `more` are further headers, flat. */
export function writeReply(response: ServerResponse, { status, headers, body }: Reply, more: readonly string[]): void {
  const all = [...headers, ...more];
  const bodiless = status === 204 || status === 304;
  if (!bodiless) all.push('content-length', String(body.length));
  response.writeHead(status, all);
  // As a text, a short body leaves in one write with the head; as bytes it would be a write of its own.
  if (body.length > ONE_WRITE_BYTES) response.end(body);
  else response.end(latin1(body), 'latin1');
}

function latin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}
