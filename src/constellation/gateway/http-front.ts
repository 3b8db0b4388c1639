/**
 * HTTP requests, from the first byte to the last of the answer.
 *
 * 1. Route (a 404, 405 or redirect costs nothing more). 2. Room: requests and bodies are bounded. 3. Body. 4. The sequence of
 * the handler; each of its calls goes through the dispatcher. 5. Answer, event. A request ends at its deadline, when its client
 * goes, or when the gateway is closed, whatever its functions do.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Clock, CodedError, EMPTY, Shares, SlotMap, type Tracing } from '../../kernel/index.ts';
import type { RequestView } from '../../compute/abi/index.ts';
import { HEALTH_PATH, type RequestHandler, type RouteDecision } from '../../compute/directive/index.ts';
import {
  type ExecuteFunction,
  type FunctionResult,
  runSequence,
  type SequenceOutcome,
} from '../../compute/sequence/index.ts';
import type { Call, Run } from './call.ts';
import { CallerNames } from './caller-names.ts';
import type { Deployment } from './deployment.ts';
import type { Dispatcher } from './dispatcher.ts';
import { RequestError } from './errors.ts';
import type { GatewayEvent } from './events.ts';
import { Exchange, requestOf } from './exchange.ts';
import { HeldBytes } from './held-bytes.ts';
import { hasBody, readBody } from './http-body.ts';
import { bareReply, failureReply, type Reply, replyTo, textReply, writeReply } from './http-reply.ts';
import type { GatewayLimits } from './limits.ts';
import { beginRequest, endRequest, tracedStep } from './request-trace.ts';

/** Methods whose requests may be sent twice without harm (RFC 9110 §9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']);
/** Ours: how often deadlines are looked at, and how long a client that sends too much is listened to, in milliseconds. */
const SWEEP_MS = 100;
const LINGER_MS = 1000;
/** Ours: answers and outputs from this size on count among the bodies that are held. */
const LARGE_BYTES = 64 * 1024;

/** What the front needs. */
export interface HttpFrontOptions {
  readonly clock: Clock;
  readonly limits: GatewayLimits;
  readonly dispatcher: Dispatcher;
  /** What is served now. */
  readonly deployment: () => Deployment | undefined;
  readonly onEvent: ((event: GatewayEvent) => void) | undefined;
  readonly tracing?: Tracing | undefined;
}

/** Answers requests. */
export class HttpFront {
  readonly #options: HttpFrontOptions;
  readonly #callers = new CallerNames();
  /** In the order of their deadlines, since all have the same time. */
  readonly #runs = new SlotMap<Run>();
  #nextRun = 1;
  /** Of clients: connections, open requests, and bytes of bodies of requests and of large answers until they are sent. */
  readonly #connections: Shares<string>;
  readonly #open: Shares<string>;
  readonly #bodyBytes: Shares<string>;
  #served = 0;
  #failed = 0;
  #closing = false;
  #drained: (() => void) | undefined;
  #sweeping = false;

  constructor(options: HttpFrontOptions) {
    this.#options = options;
    const { connections, requests, totalBodyBytes } = options.limits;
    this.#connections = new Shares(connections);
    this.#open = new Shares(requests);
    this.#bodyBytes = new Shares(totalBodyBytes);
  }

  /** Requests that are being served, that were served, and those of them that failed at the gateway or its Sats. */
  get counts(): { readonly open: number; readonly served: number; readonly failed: number } {
    return { open: this.#open.taken, served: this.#served, failed: this.#failed };
  }

  /** Takes a connection that a client has opened, or hangs up: there is no request yet that could be answered. */
  connected = (socket: Socket): void => {
    const caller = this.#callers.of(socket);
    if (!this.#connections.take(caller)) socket.destroy();
    else socket.once('close', () => this.#connections.give(caller));
  };

  /** Answers one request. Never throws. */
  handle = (message: IncomingMessage, response: ServerResponse): void => {
    const { method = 'GET', url = '/' } = message;
    if (isHealth(url) && (method === 'GET' || method === 'HEAD')) {
      writeReply(response, HEALTHY, []);
      return;
    }
    const caller = this.#callers.of(message.socket);
    const exchange = new Exchange(message, response, method, url, caller, this.#options.clock.monotonicMs());
    const deployment = this.#options.deployment();
    if (this.#closing) this.#refuse(exchange, 'GATEWAY_CLOSING', 'the gateway is being closed');
    else if (deployment === undefined) {
      this.#refuse(exchange, 'GATEWAY_NOTHING_DEPLOYED', 'there is no application yet');
    } else {
      const decision = deployment.routes.find(method, url);
      if (decision.kind !== 'match') this.#answer(exchange, routeReply(decision, exchange.requestId));
      else if (!this.#open.hasRoom(caller)) {
        this.#refuse(exchange, 'GATEWAY_OVERLOADED', `requests are open already: ${shown(this.#open, caller)}`);
      } else if (!this.#bodyBytes.hasRoom(caller)) {
        const text = `bytes of bodies are held already: ${shown(this.#bodyBytes, caller)}`;
        this.#refuse(exchange, 'GATEWAY_OVERLOADED', text);
      } else void this.#serve(exchange, deployment, decision.value, decision.params);
    }
  };

  /** Takes no more requests; resolves when those that are open have ended, which they must after `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    this.#closing = true;
    if (this.#open.taken === 0) return;
    const { clock, dispatcher } = this.#options;
    const error = new RequestError('GATEWAY_CLOSING', 'the gateway was closed before the request ended');
    const cancel = clock.schedule(deadlineMs, () => {
      for (const run of this.#runs.values()) dispatcher.endRun(run, error);
    });
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    cancel();
  }

  async #serve(
    exchange: Exchange,
    deployment: Deployment,
    handler: RequestHandler,
    params: ReadonlyMap<string, string>,
  ): Promise<void> {
    const { limits } = this.#options;
    const { message, caller } = exchange;
    exchange.handler = handler.name;
    this.#begin(exchange);
    this.#open.take(caller);
    deployment.openRequests++;
    const held = new HeldBytes(this.#bodyBytes, caller);
    try {
      const body = hasBody(message) ? await readBody(message, limits.bodyBytes, held) : EMPTY;
      await this.#run(exchange, deployment, handler, requestOf(exchange, params, body));
    } catch (error) {
      this.#fail(exchange, error instanceof CodedError ? error : unforeseen(error));
    } finally {
      held.giveBack();
      this.#open.give(caller);
      deployment.openRequests--;
      if (deployment.openRequests === 0) deployment.onIdle?.();
      if (this.#open.taken === 0) this.#drained?.();
    }
  }

  async #run(exchange: Exchange, deployment: Deployment, handler: RequestHandler, request: RequestView): Promise<void> {
    const { clock, dispatcher, limits, tracing } = this.#options;
    const run: Run = {
      requestId: exchange.requestId,
      caller: exchange.caller,
      deployment,
      idempotent: IDEMPOTENT.has(exchange.method),
      deadlineMs: clock.monotonicMs() + limits.requestMs,
      calls: new Set<Call>(),
      sat: undefined,
      ended: undefined,
    };
    const number = this.#nextRun++;
    this.#runs.set(number, run);
    this.#startSweep();
    const outputs = new HeldBytes(this.#bodyBytes, exchange.caller);
    const gone = (): void => {
      dispatcher.endRun(run, new RequestError('GATEWAY_CLIENT_GONE', 'the client left before the answer'));
    };
    exchange.response.on('close', gone);
    const execute: ExecuteFunction = (call, view) => {
      const target = deployment.functionOf.get(call);
      if (target === undefined) return Promise.reject(new Error(`${call.fn} is not deployed`));
      const { span } = exchange;
      const result =
        tracing === undefined || span === undefined
          ? dispatcher.execute(run, target, view)
          : tracedStep(tracing, { request: span, name: target.name }, (trace) =>
              dispatcher.execute(run, target, view, trace),
            );
      return result.then((ended) =>
        this.#holdOutput(outputs, ended, view.body === request.body ? 0 : view.body.length),
      );
    };
    const { rules } = deployment.bundle.directive;
    const outcome = await runSequence(handler, request, execute, { clock, rules });
    exchange.response.removeListener('close', gone);
    this.#runs.delete(number);
    outputs.giveBack();
    // What a group has left behind, or what a member that failed made superfluous.
    if (run.calls.size > 0) dispatcher.endRun(run, SEQUENCE_OVER);
    exchange.sat = run.sat;
    this.#conclude(exchange, outcome);
  }

  /**
   * What functions make of a request stays here until its sequence ends, and counts like what clients send.
   * @param more bytes of a body that the function made.
   */
  #holdOutput(outputs: HeldBytes, result: FunctionResult, more: number): FunctionResult {
    const bytes = more + (result.kind === 'output' ? (result.output?.length ?? 0) : 0);
    if (bytes <= LARGE_BYTES || outputs.take(bytes)) return result;
    const text = `bytes of bodies are held already, and a function made ${bytes}: ${shown(this.#bodyBytes, outputs.caller)}`;
    throw new RequestError('GATEWAY_OVERLOADED', text);
  }

  #conclude(exchange: Exchange, outcome: SequenceOutcome): void {
    if (outcome.kind === 'failure') {
      this.#fail(exchange, outcome.error);
      return;
    }
    const reply = replyTo(outcome, exchange.requestId);
    const { length } = reply.body;
    if (length <= LARGE_BYTES || this.#holdUntilSent(exchange, length)) {
      this.#answer(exchange, reply);
      return;
    }
    const text = `bytes of bodies are held already, and the answer has ${length}: ${shown(this.#bodyBytes, exchange.caller)}`;
    this.#refuse(exchange, 'GATEWAY_OVERLOADED', text);
  }

  #refuse(exchange: Exchange, code: RequestError['code'], reason: string): void {
    this.#fail(exchange, new RequestError(code, reason));
  }

  #fail(exchange: Exchange, error: CodedError): void {
    this.#failed++;
    this.#answer(exchange, failureReply(error, exchange.requestId), error);
  }

  #answer(exchange: Exchange, reply: Reply, error?: CodedError): void {
    const { message, response, requestId, sat } = exchange;
    this.#served++;
    if (!response.destroyed) {
      const more = ['X-Perigee-Request-Id', requestId];
      if (sat !== undefined) more.push('X-Perigee-Sat', sat);
      // A body that was not read to its end would be taken for the next request.
      const unread = !message.complete && hasBody(message);
      if (unread || this.#closing) more.push('connection', 'close');
      writeReply(response, reply, more);
      if (unread) this.#discard(message);
    }
    const { status } = reply;
    this.#begin(exchange);
    this.#tell(exchange, status, error);
    if (exchange.span !== undefined) endRequest(exchange.span, { requestId, status, sat, code: error?.code });
  }

  /** A request that no handler serves is traced when it is over. */
  #begin(exchange: Exchange): void {
    const { tracing } = this.#options;
    if (tracing === undefined || exchange.span !== undefined) return;
    const { method, handler, message } = exchange;
    const { traceparent } = message.headers;
    exchange.span = beginRequest(tracing, { method, handler, traceparent: traceparent?.toString() });
  }

  #tell(exchange: Exchange, status: number, error: CodedError | undefined): void {
    const { onEvent, clock } = this.#options;
    if (onEvent === undefined) return;
    const { requestId, method, path, handler, sat, span } = exchange;
    const ms = clock.monotonicMs() - exchange.startedMs;
    const reason = error && explained(error);
    const code = error?.code;
    const event: GatewayEvent = { kind: 'request', requestId, method, path, handler, status, sat, ms, code, reason };
    if (span === undefined) onEvent(event);
    else span.within(() => onEvent(event));
  }

  /** A client that does not read its answer keeps it in our memory; false when it may not keep so much. */
  #holdUntilSent({ response, caller }: Exchange, bytes: number): boolean {
    // Also one that waits behind another on its connection, and has no socket yet: it is told when that closes.
    if (response.destroyed) return true;
    if (!this.#bodyBytes.take(caller, bytes)) return false;
    response.once('close', () => this.#bodyBytes.give(caller, bytes));
    return true;
  }

  /** Reads what the client still sends for a moment, so that it gets to read the answer, then hangs up. */
  #discard(message: IncomingMessage): void {
    message.removeAllListeners('data');
    message.resume();
    const cancel = this.#options.clock.schedule(LINGER_MS, () => message.destroy());
    message.once('close', cancel);
  }

  #startSweep(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#options.clock.schedule(SWEEP_MS, () => {
      this.#sweeping = false;
      const nowMs = this.#options.clock.monotonicMs();
      for (const run of this.#runs.values()) {
        if (run.deadlineMs > nowMs) break;
        const text = `the request was not answered within ${this.#options.limits.requestMs} ms`;
        this.#options.dispatcher.endRun(run, new RequestError('GATEWAY_DEADLINE', text));
      }
      if (this.#runs.size > 0) this.#startSweep();
    });
  }
}

const HEALTHY = { status: 200, headers: ['content-type', 'application/json'], body: Buffer.from('{"healthy":true}') };

function isHealth(url: string): boolean {
  return url.startsWith(HEALTH_PATH) && (url.length === HEALTH_PATH.length || url[HEALTH_PATH.length] === '?');
}

const SEQUENCE_OVER = new RequestError('GATEWAY_CLIENT_GONE', 'the sequence has ended without this call');

/** `directive.md` §6.1 */
function routeReply(decision: Exclude<RouteDecision<unknown>, { kind: 'match' }>, requestId: string): Reply {
  switch (decision.kind) {
    case 'redirect':
      return bareReply(decision.status, ['location', decision.location]);
    case 'options':
      return bareReply(200, ['allow', decision.allow]);
    case 'method-not-allowed':
      return textReply(405, 'Method Not Allowed\n', ['allow', decision.allow]);
    case 'not-found':
      return textReply(404, '404 page not found\n');
    default:
      return failureReply(new RequestError('GATEWAY_BAD_REQUEST', 'the target of the request is malformed'), requestId);
  }
}

function unforeseen(cause: unknown): RequestError {
  return new RequestError('FUNCTION_FAILED', 'the request failed in an unforeseen way', { cause });
}

/** How much of `shares` is taken, for the log. */
function shown(shares: Shares<string>, caller: string): string {
  return `${shares.taken} in all, ${shares.heldBy(caller)} of this client`;
}

/** The words of an error and of what caused it. */
function explained(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
