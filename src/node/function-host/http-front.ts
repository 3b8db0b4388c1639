import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FunctionRequest } from '../../compute/abi/index.ts';
import type { CallResult, Failure } from '../../compute/sandbox/index.ts';
import { type HttpAnswer, httpAnswer } from '../../compute/sequence/index.ts';
import { addressBlock } from '../../kernel/ip/index.ts';
import { EMPTY, GatheredBytes, quoted, Shares, type Span, type Tracing, utf8 } from '../../kernel/index.ts';
import { createServer } from '../../network/http/index.ts';
import { NodeError } from '../errors.ts';
import type { FunctionHost } from './function-host.ts';

/** Ours: largest request body; time for the headers, for a whole request; requests of one connection. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Ours: bodies of all requests that have no answer, of which no client has more than are free; above it requests are refused. */
const MAX_TOTAL_BODY_BYTES = 512 * 1024 * 1024;
/** Ours: answers from this size on count among those bodies until they are sent. */
const LARGE_BYTES = 64 * 1024;
/** Ours: connections at a time, of which no client has more than are free, and how long nothing may move on one, milliseconds; waiting for the function is no idleness. */
const MAX_CONNECTIONS = 16_384;
const IDLE_MS = 60_000;
const HEADERS_MS = 10_000;
const REQUEST_MS = 60_000;
/** Ours: what is read, and for how long, of a body that is too large. */
const MAX_LEFTOVER_BYTES = 64 * 1024 * 1024;
const LEFTOVER_MS = 5_000;

/** Where to listen, and whom to tell. */
export interface HttpFrontOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** Told of what a guest did wrong; its caller learns the status only. */
  readonly onFailure: (failure: Failure, requestId: string) => void;
  /** Bytes of bodies of all requests that have no answer, and of large answers that are not sent; 512 MiB by default. */
  readonly maxTotalBodyBytes?: number;
  /** Connections at a time; 16,384 by default. */
  readonly maxConnections?: number;
  /** How long the function may take, milliseconds; a connection may be silent for as long. */
  readonly timeoutMs?: number;
  /** Where requests are written down, in the trace of their client. Default: nowhere. */
  readonly tracing?: Tracing | undefined;
}

/** A server that hands every request to one function. */
export interface HttpFront {
  /** `http://host:port`. */
  readonly url: string;
  /** Accepts no more; resolves when every request in flight is answered, at the latest after `deadlineMs`. */
  readonly close: (deadlineMs: number) => Promise<void>;
}

/** @throws {NodeError} NODE_LISTEN */
export async function listenForRequests(host: FunctionHost, options: HttpFrontOptions): Promise<HttpFront> {
  const { maxTotalBodyBytes = MAX_TOTAL_BODY_BYTES, maxConnections = MAX_CONNECTIONS } = options;
  const bodies = new Shares<string>(maxTotalBodyBytes);
  const connections = new Shares<string>(maxConnections);
  const server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS }, (request, response) => {
    const span = options.tracing && beginSpan(options.tracing, request, response);
    const handle = (): void => serve(host, request, response, bodies, options.onFailure);
    if (span === undefined) handle();
    else span.within(handle);
  });
  server.maxConnections = maxConnections;
  server.on('connection', (socket) => {
    const client = callerOf(socket);
    if (!connections.take(client)) socket.destroy();
    else socket.once('close', () => connections.give(client));
  });
  server.setTimeout(Math.max(IDLE_MS, (options.timeoutMs ?? 0) + 1000));
  await listen(server, options);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no TCP address');
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { url: `http://${shown}:${address.port}`, close: (deadlineMs) => close(server, deadlineMs) };
}

/** The span of a request, `HTTP`, whatever its method; it ends with the response. */
function beginSpan(tracing: Tracing, { headers }: IncomingMessage, response: ServerResponse): Span {
  const { traceparent } = headers;
  const span = tracing.begin('HTTP', { kind: 'server', parent: traceparent?.toString() ?? '' });
  response.once('close', () => {
    const { statusCode, writableFinished } = response;
    if (writableFinished) span.set('http.response.status_code', statusCode);
    span.end(writableFinished ? (statusCode >= 500 ? String(statusCode) : undefined) : 'aborted');
  });
  return span;
}

function serve(
  host: FunctionHost,
  request: IncomingMessage,
  response: ServerResponse,
  bodies: Shares<string>,
  onFailure: HttpFrontOptions['onFailure'],
): void {
  const caller = callerOf(request.socket);
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  const run = (body: Uint8Array): void => {
    const call = requestOf(request, body);
    host.call(call, gone.signal, caller).then(
      (result) => {
        if (result.kind === 'failure') onFailure(result, call.id);
        const bytes = result.kind === 'output' ? (result.output?.length ?? 0) : 0;
        if (bytes < LARGE_BYTES || holdUntilSent(response, bytes, bodies, caller)) answer(response, result);
        else reply(response, TOO_MANY);
      },
      () => reply(response, failed(503, 'the function is being stopped')),
    );
  };
  const announced = Number(request.headers['content-length'] ?? 0);
  const hasBody = announced !== 0 || request.headers['transfer-encoding'] !== undefined;
  // What clients do not read may have taken all there is.
  if (!bodies.hasRoom(caller)) return hasBody ? refuseBody(request, response, TOO_MANY) : reply(response, TOO_MANY);
  if (!hasBody) return run(EMPTY);
  if (announced > MAX_BODY_BYTES) return refuseBody(request, response, TOO_LARGE);
  if (!bodies.hasRoom(caller, announced)) return refuseBody(request, response, TOO_MANY);
  let gathered = new GatheredBytes();
  let length = 0;
  let refused = false;
  response.on('close', () => {
    bodies.give(caller, length);
    length = 0;
    refused = true;
  });
  request.on('data', (chunk: Buffer) => {
    if (refused) return;
    const reason = length + chunk.length > MAX_BODY_BYTES ? TOO_LARGE : TOO_MANY;
    if (reason === TOO_MANY && bodies.take(caller, chunk.length)) {
      length += chunk.length;
      gathered.push(chunk);
      return;
    }
    refused = true;
    gathered = new GatheredBytes();
    refuseBody(request, response, reason);
  });
  request.on('end', () => {
    if (!refused) run(gathered.copy());
  });
}

function requestOf(request: IncomingMessage, body: Uint8Array): FunctionRequest {
  const headers = new Map<string, string>();
  const { rawHeaders } = request;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    if (!headers.has(name)) headers.set(name, rawHeaders[i + 1] ?? '');
  }
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    id: randomUUID(),
    body,
    headers,
    params: new Map(),
    state: new Map(),
    responseHeaders: new Map(),
  };
}

function answer(response: ServerResponse, result: CallResult): void {
  switch (result.kind) {
    case 'output':
      if (result.output === undefined) return reply(response, { status: 204, headers: [], body: EMPTY });
      return reply(response, httpAnswer({ kind: 'output', output: result.output, headers: result.responseHeaders }));
    case 'guest-error': {
      const status = result.code >= 200 && result.code <= 599 ? result.code : 500;
      return reply(response, failed(status, result.message));
    }
    case 'failure': {
      if (result.code === 'ABORTED') return void response.destroy();
      const busy = failed(statusOf(result), textOf(result), result.code);
      const retry = result.retryAfterSeconds;
      return reply(response, retry === undefined ? busy : retryLater(busy, retry));
    }
  }
}

function statusOf({ code }: Failure): number {
  if (code === 'DEADLINE' || code === 'CPU_TIME') return 504;
  return code === 'OVERLOADED' ? 503 : 500;
}

/** What went wrong inside a guest is not its caller's business; a limit is. */
function textOf({ code, message }: Failure): string {
  return code === 'TRAP' || code === 'THREAD_LOST' ? 'unknown error' : message;
}

function failed(status: number, message: string, code?: string): HttpAnswer {
  if (status === 204 || status === 304) return { status, headers: [], body: EMPTY };
  const body = utf8(JSON.stringify(code === undefined ? { status, message } : { status, message, code }));
  return { status, headers: [['content-type', 'application/json']], body };
}

const TOO_LARGE = failed(413, `the request body is larger than ${MAX_BODY_BYTES} bytes`);
const TOO_MANY = retryLater(failed(503, 'too many requests are being served', 'OVERLOADED'), 1);

/** A client that does not read its answer keeps it in our memory; false when it may not keep so much. */
function holdUntilSent(response: ServerResponse, bytes: number, bodies: Shares<string>, caller: string): boolean {
  if (response.destroyed) return true;
  if (!bodies.take(caller, bytes)) return false;
  response.once('close', () => bodies.give(caller, bytes));
  return true;
}

/** The client at the other end: its address, IPv6 by its /64. */
function callerOf({ remoteAddress }: Socket): string {
  return addressBlock(remoteAddress);
}

function retryLater(answer: HttpAnswer, seconds: number): HttpAnswer {
  return { ...answer, headers: [...answer.headers, ['retry-after', String(seconds)]] };
}

/**
 * Answers at once, and takes what is still on its way: a connection that is closed with data unread is reset, and the client
 * would see that in place of the answer.
 */
function refuseBody(request: IncomingMessage, response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  response.shouldKeepAlive = false;
  response.writeHead(status, [...headers.flat(), 'content-length', String(body.length)]);
  response.write(body);
  const timer = setTimeout(() => response.destroy(), LEFTOVER_MS);
  let left = MAX_LEFTOVER_BYTES;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) response.destroy();
  });
  request.on('end', () => response.end());
  response.on('close', () => clearTimeout(timer));
}

function reply(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  if (response.destroyed || response.headersSent) return;
  const flat = headers.flatMap(([name, value]) => [name, value]);
  if (status !== 204 && status !== 304) flat.push('content-length', String(body.length));
  response.writeHead(status, flat);
  response.end(body);
}

function listen(server: Server, { host, port }: HttpFrontOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new NodeError('NODE_LISTEN', `cannot listen on ${quoted(`${host}:${port}`)}`, { cause }));
    });
    server.listen({ host, port }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function close(server: Server, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
