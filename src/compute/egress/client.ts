/**
 * The HTTP client of functions. The flow of one request, in this order:
 *
 * 1. bounds of the request, headers cleaned (`outgoing-headers.ts`)
 * 2. URL parsed and put before gate one (`gate.ts`)
 * 3. a connection: pooled per rule set, or dialled through gate two (`dialer.ts`)
 * 4. status and headers under a deadline; a redirect goes back to 2
 * 5. body read up to the cap, everything under the total deadline
 */
import type { Agent, Dispatcher } from 'undici';
import { type Clock, hasCode, Shares } from '../../kernel/index.ts';
import type { ConnectionPools } from './connection-pools.ts';
import { withDeadline } from './deadline.ts';
import type { Dialer } from './dialer.ts';
import { EgressError } from './errors.ts';
import type { Gate } from './gate.ts';
import { graphqlAnswer, graphqlRequest } from './graphql.ts';
import { flatHeaders, type HeaderList, isFieldValue, outgoingHeaders, withAuthorization } from './outgoing-headers.ts';
import { type Hop, type HttpMethod, isRedirect, nextHop } from './redirect.ts';
import { readBody } from './response-body.ts';
import type { NetworkRules } from './rules.ts';
import { parseTarget, type Target } from './target.ts';

/** One request of a guest. */
export interface EgressRequest {
  readonly method: HttpMethod;
  readonly url: string;
  readonly headers: HeaderList;
  /** Owned by the client from the call on. */
  readonly body: Uint8Array;
}

/** Bounds of one request; redirects share them. */
export interface EgressLimits {
  readonly maxRequestBytes: number;
  readonly maxResponseBytes: number;
  /** How much of an error answer's body reaches the guest. */
  readonly maxErrorBytes: number;
  readonly maxRedirects: number;
  /** From sending a request to the headers of its answer, for each redirect anew; connecting included. */
  readonly headersMs: number;
  /** From the call to the last byte of the answer. */
  readonly totalMs: number;
}

/** Limits that suit an ordinary function. */
export const DEFAULT_EGRESS_LIMITS: EgressLimits = Object.freeze({
  maxRequestBytes: 16 * 1024 * 1024,
  maxResponseBytes: 16 * 1024 * 1024,
  maxErrorBytes: 64 * 1024,
  maxRedirects: 10,
  headersMs: 15_000,
  totalMs: 30_000,
});

/** On whose behalf, and how far, a request may go. */
export interface EgressAccess {
  /** The function: functions have shares of what is scarce, and connections of their own. */
  readonly caller: string;
  readonly rules: NetworkRules;
  readonly limits: EgressLimits;
  /** The `Authorization` that the host adds for a target; asked once, for the first hop only. */
  readonly authorization?: (target: Target, signal: AbortSignal) => Promise<string | undefined>;
  readonly signal: AbortSignal;
}

/** How a request ended. A refusal is a value: `message` is what the guest learns. */
export type EgressAnswer =
  | { readonly ok: true; readonly value: Uint8Array }
  | { readonly ok: false; readonly message: string; readonly reason: 'refused' | 'failed' };

/** What the host's log may learn of one request; never a path, a header or a body. */
export interface EgressEvent {
  readonly outcome: 'answered' | 'refused' | 'failed';
  readonly method: HttpMethod;
  /** Scheme, host and port of the last hop; empty when the URL could not be read. */
  readonly origin: string;
  readonly status: number | undefined;
  /** Which check failed, or why. */
  readonly detail: string;
}

/** What an egress client is made of. */
export interface EgressClientOptions {
  readonly dialer: Dialer;
  readonly clock: Clock;
  /** Deadline of one connection including name look-up and TLS. Default 10 s. */
  readonly connectMs?: number;
  /** Requests in flight at once, over all functions, none of which has more than are free. Default 256. */
  readonly maxConcurrent?: number;
  readonly onEvent?: (event: EgressEvent) => void;
}

const MAX_CONCURRENT = 256;
const MAX_URL_LENGTH = 16 * 1024;
/** Requests that may be repeated when a pooled connection turns out to be dead (RFC 9110 §9.2.2). */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const DEAD_CONNECTION_CODES: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/**
 * Sends requests of functions, and nothing else does.
 *
 * Connections are kept per function and rule set: one that was opened under generous rules is never reused under strict ones.
 */
export class EgressClient {
  readonly #options: EgressClientOptions;
  /** From the first request on. */
  #pools: Promise<ConnectionPools> | undefined;
  readonly #closing = new AbortController();
  readonly #inFlight: Shares<string>;

  constructor(options: EgressClientOptions) {
    this.#options = options;
    this.#inFlight = new Shares(options.maxConcurrent ?? MAX_CONCURRENT);
  }

  /** Sends one HTTP request; success is the body of a status ≤ 299 (`runnable-abi.md` §7.2). */
  async fetch(request: EgressRequest, access: EgressAccess): Promise<EgressAnswer> {
    return this.#answer(request, access, ({ status, body }) => {
      if (status <= 299) return { ok: true, value: body };
      return { ok: false, reason: 'failed', message: `${status}: ${new TextDecoder().decode(body)}` };
    });
  }

  /** Sends one GraphQL query; success is the response as the server wrote it (`runnable-abi.md` §7.3). */
  async graphql(endpoint: string, query: string, access: EgressAccess): Promise<EgressAnswer> {
    return this.#answer(graphqlRequest(endpoint, query), access, graphqlAnswer);
  }

  /** Ends every connection; requests in flight fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    const reason = new EgressError('EGRESS_CONNECT_FAILED', 'the egress client is closed');
    this.#closing.abort(reason);
    await (await this.#pools)?.destroy(reason);
  }

  /** The HTTP library below is larger than the rest of the sandbox: it costs memory where functions do send requests. */
  async #openPools(): Promise<ConnectionPools> {
    const { ConnectionPools } = await import('./connection-pools.ts');
    return new ConnectionPools({ ...this.#options, signal: this.#closing.signal });
  }

  async #answer(
    request: EgressRequest,
    access: EgressAccess,
    finish: (response: HttpResponse) => EgressAnswer,
  ): Promise<EgressAnswer> {
    const progress: Progress = { origin: '' };
    const report = (outcome: EgressEvent['outcome'], detail: string): void => {
      this.#options.onEvent?.({
        outcome,
        method: request.method,
        origin: progress.origin,
        status: progress.status,
        detail,
      });
    };
    const admitted = this.#inFlight.take(access.caller);
    try {
      if (!admitted) throw new EgressError('EGRESS_OVERLOADED', 'too many requests in flight');
      const signal = AbortSignal.any([access.signal, this.#closing.signal]);
      const response = await withDeadline(
        this.#options.clock,
        access.limits.totalMs,
        'complete response',
        signal,
        (s) => this.#exchange(request, { ...access, signal: s }, progress),
      );
      const answer = finish(response);
      report('answered', '');
      return answer;
    } catch (error) {
      const refused = hasCode(error, 'EGRESS_REFUSED');
      report(refused ? 'refused' : 'failed', describe(error));
      return { ok: false, reason: refused ? 'refused' : 'failed', message: guestMessage(error, access.signal) };
    } finally {
      if (admitted) this.#inFlight.give(access.caller);
    }
  }

  async #exchange(request: EgressRequest, access: EgressAccess, progress: Progress): Promise<HttpResponse> {
    const { limits, signal } = access;
    const { gate, agent } = (await (this.#pools ??= this.#openPools())).of(access.caller, access.rules);
    let hop = await firstHop(request, access, (text) => admit(gate, progress, text));
    for (let redirects = 0; ; redirects++) {
      const response = await this.#send(agent, hop, limits, signal);
      progress.status = response.statusCode;
      const location = response.headers['location'];
      if (!isRedirect(response.statusCode) || location === undefined) {
        return { status: response.statusCode, body: await readBody(response, limits) };
      }
      await response.body.dump({ limit: 64 * 1024, signal });
      if (redirects === limits.maxRedirects) {
        throw new EgressError('EGRESS_TOO_LARGE', `stopped after ${limits.maxRedirects} redirects`);
      }
      // Several Location headers have no meaning that client and server would agree on.
      if (typeof location !== 'string') throw new EgressError('EGRESS_CONNECT_FAILED', 'ambiguous redirect');
      hop = nextHop(hop, response.statusCode, admit(gate, progress, location, hop.target));
    }
  }

  /** One request on the wire, repeated once when it was safe and the server had closed the pooled connection. */
  async #send(agent: Agent, hop: Hop, limits: EgressLimits, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const attempt = (): Promise<Dispatcher.ResponseData> =>
      withDeadline(this.#options.clock, limits.headersMs, 'response headers', signal, (s) =>
        agent.request({
          origin: hop.target.origin,
          path: hop.target.path,
          method: hop.method,
          headers: flatHeaders(hop.headers),
          body: hop.body.length > 0 ? hop.body : null,
          signal: s,
        }),
      );
    try {
      return await attempt();
    } catch (error) {
      if (!SAFE_METHODS.has(hop.method) || !DEAD_CONNECTION_CODES.has(codeOf(error)) || signal.aborted) throw error;
      return attempt();
    }
  }
}

/** A whole response; `body` is cut to the error limit when `status` > 299. */
export interface HttpResponse {
  readonly status: number;
  readonly body: Uint8Array;
}

/** How far a request came, for the log. */
interface Progress {
  origin: string;
  status?: number;
}

async function firstHop(request: EgressRequest, access: EgressAccess, admitted: (url: string) => Target): Promise<Hop> {
  if (request.body.length > access.limits.maxRequestBytes) {
    throw new EgressError('EGRESS_TOO_LARGE', `request body larger than ${access.limits.maxRequestBytes} bytes`);
  }
  const cleaned = outgoingHeaders(request.headers, request.body.length > 0);
  if (!cleaned.ok) throw new EgressError('EGRESS_CONNECT_FAILED', cleaned.message);
  // Before the credentials are fetched: a refused request must not cause a look-up of secrets.
  const target = admitted(request.url);
  const own = ownAuthorization(cleaned.headers, target);
  const added = await access.authorization?.(target, access.signal);
  const headers = added !== undefined && isFieldValue(added) ? withAuthorization(own, added) : own;
  return { method: request.method, target, headers, body: request.body };
}

/** The target of `url` once gate one has let it pass. Every hop of every request comes through here. */
function admit(gate: Gate, progress: Progress, url: string, base?: Target): Target {
  if (url.length > MAX_URL_LENGTH) throw new EgressError('EGRESS_TOO_LARGE', 'the URL is too long');
  const target = parseTarget(url, base);
  if (target === undefined) throw new EgressError('EGRESS_CONNECT_FAILED', 'failed to parse URL');
  progress.origin = target.origin;
  const verdict = gate.checkTarget(target);
  if (!verdict.allowed) throw new EgressError('EGRESS_REFUSED', verdict.message, { detail: verdict.detail });
  return target;
}

/** User and password of the URL as a header, unless the guest set one. */
function ownAuthorization(headers: HeaderList, target: Target): HeaderList {
  const explicit = headers.some(([name]) => name.toLowerCase() === 'authorization');
  if (target.credentials === undefined || explicit) return headers;
  return withAuthorization(headers, `Basic ${Buffer.from(target.credentials, 'utf8').toString('base64')}`);
}

/** What a guest may read of a failure: our own texts, and of foreign errors only their code. */
function guestMessage(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'the call has ended';
  if (error instanceof EgressError) return error.message;
  return `request failed: ${codeOf(error)}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const detail = error instanceof EgressError ? error.detail : undefined;
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${detail ?? error.message}${cause}`;
}
