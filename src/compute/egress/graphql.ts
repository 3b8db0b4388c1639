/** GraphQL over HTTP as functions see it (`runnable-abi.md` §7.3). */
import { utf8 } from '../../kernel/index.ts';
import type { EgressAnswer, EgressRequest, HttpResponse } from './client.ts';

/** The one POST that a query is. */
export function graphqlRequest(endpoint: string, query: string): EgressRequest {
  return {
    method: 'POST',
    url: endpoint,
    headers: [['content-type', 'application/json']],
    body: utf8(JSON.stringify({ query })),
  };
}

/**
 * What a guest gets for `response`.
 * Deviation: the reference decodes and re-encodes the response, losing large numbers and unknown members, and fails on
 * errors whose path is the array that the GraphQL specification asks for; here the server's JSON is passed on as it came
 * and any path is accepted.
 */
export function graphqlAnswer({ status, body }: HttpResponse): EgressAnswer {
  const text = new TextDecoder().decode(body);
  if (status > 299) return failed(`non-200 HTTP response code; ${text}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return failed(`failed to Unmarshal response: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(parsed)) return failed('failed to Unmarshal response: not a JSON object');
  const errors = parsed['errors'];
  if (!Array.isArray(errors) || errors.length === 0) return { ok: true, value: body };
  const first: unknown = errors[0];
  const path = isObject(first) ? pathText(first['path']) : '';
  const message = isObject(first) ? scalarText(first['message']) : '';
  return failed(`graphQL error; path: ${path}, message: ${message}`);
}

function failed(message: string): EgressAnswer {
  return { ok: false, reason: 'failed', message };
}

function pathText(path: unknown): string {
  return Array.isArray(path) ? path.map(scalarText).join('.') : scalarText(path);
}

function scalarText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
