/** The outcome of a sequence as an HTTP response (`directive.md §6.2`). */
import { type CodedError, EMPTY, hasCode, utf8 } from '../../kernel/index.ts';
import type { SequenceOutcome } from './outcome.ts';

/** A response without the headers that the server adds itself. */
export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names, each once. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** What a client learns about a failure. Deviation: upstream sends the internal error text. */
const FAILURE_TEXTS: Readonly<Record<number, string>> = {
  500: 'the request could not be completed',
  502: 'a function could not be reached',
  503: 'no capacity at the moment, try again later',
  504: 'the request took too long',
};
/** They frame the message or belong to one connection: a guest that sets them could split or truncate a response. */
const SERVER_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;
/** What is answered with unless a function says otherwise. */
const BYTES: readonly [string, string] = ['content-type', 'application/octet-stream'];
const BODILESS: ReadonlySet<number> = new Set([204, 304]);

/** Which status a failure gets: one of 500, 502, 503, 504. */
export type StatusOfFailure = (error: CodedError) => 500 | 502 | 503 | 504;

/** 504 for this folder's time limits, 500 for everything else. */
export const statusOfFailure: StatusOfFailure = (error) =>
  hasCode(error, 'SEQUENCE_DEADLINE') || hasCode(error, 'SEQUENCE_GROUP_TIMEOUT') ? 504 : 500;

/** The response for `outcome`; header values of guests that HTTP cannot carry are left out. */
export function httpAnswer(outcome: SequenceOutcome, statusOf: StatusOfFailure = statusOfFailure): HttpAnswer {
  if (outcome.kind === 'failure') {
    const status = statusOf(outcome.error);
    return errorAnswer(status, FAILURE_TEXTS[status] ?? '');
  }
  if (outcome.kind === 'error') {
    const { code, message } = outcome.error;
    return errorAnswer(code >= 200 && code <= 599 ? code : 500, message);
  }
  const body = outcome.output ?? EMPTY;
  if (outcome.headers.size === 0) return { status: 200, headers: [BYTES], body };
  const headers = new Map([BYTES]);
  for (const [name, value] of outcome.headers) {
    const lower = name.toLowerCase();
    if (HEADER_NAME.test(lower) && HEADER_VALUE.test(value) && !SERVER_HEADERS.has(lower)) headers.set(lower, value);
  }
  return { status: 200, headers: [...headers], body };
}

/** `{"status","message"}` with no header of the guest. */
export function errorAnswer(status: number, message: string): HttpAnswer {
  if (BODILESS.has(status)) return { status, headers: [], body: EMPTY };
  return {
    status,
    headers: [['content-type', 'application/json']],
    body: utf8(JSON.stringify({ status, message })),
  };
}
