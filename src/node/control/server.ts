import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { CodedError, EMPTY, quoted, traced, type Tracing } from '../../kernel/index.ts';
import { createServer } from '../../network/http/index.ts';
import { NodeError } from '../errors.ts';

/** Ours: largest body either way; a bundle has to fit. Most connections at a time. */
export const MAX_CONTROL_BYTES: number = 256 * 1024 * 1024;
const MAX_CONNECTIONS = 64;

/** Answers one call; the value becomes JSON. */
export type ControlHandler = (body: Uint8Array) => unknown;

/** A listening control interface. */
export interface ControlServer {
  readonly close: () => Promise<void>;
}

/**
 * Listens on a socket file; one that a dead process left there is replaced, so claim the name first.
 * @param handlers by method and path: `GET /status`.
 * @param tracing where calls are written down; they go on with the trace of who calls.
 * @throws {NodeError} NODE_CONTROL
 */
export async function listenForControl(
  socket: string,
  handlers: Readonly<Record<string, ControlHandler>>,
  tracing?: Tracing,
): Promise<ControlServer> {
  try {
    mkdirSync(path.dirname(socket), { recursive: true, mode: 0o700 });
    rmSync(socket, { force: true });
  } catch (cause) {
    throw cannotListen(socket, cause);
  }
  const server = createServer((request, response) => void serve(handlers, tracing, request, response));
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen(socket, cause)));
    server.listen(socket, resolve);
  });
  chmodSync(socket, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function cannotListen(socket: string, cause: unknown): NodeError {
  const { code } = cause as NodeJS.ErrnoException;
  return new NodeError('NODE_CONTROL', `cannot listen on the socket file ${quoted(socket)}`, {
    cause,
    remedy:
      code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOSPC'
        ? 'check the owner and the permissions of its folder, and the room on its disk'
        : 'a socket file has a path of at most some 100 characters: choose a shorter home',
  });
}

async function serve(
  handlers: Readonly<Record<string, ControlHandler>>,
  tracing: Tracing | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const name = `${request.method} ${request.url}`;
  const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
  if (handler === undefined)
    return reply(response, 404, { code: 'NODE_CONTROL', message: `no such call: ${quoted(name)}` });
  try {
    const body = await bodyOf(request);
    const parent = String(request.headers['traceparent'] ?? '');
    const result = await traced(tracing, name, { kind: 'server', parent }, async () => handler(body));
    reply(response, 200, result ?? null);
  } catch (error) {
    const { code, remedy } = error instanceof CodedError ? error : { code: 'NODE_CONTROL', remedy: undefined };
    reply(response, 400, { code, remedy, message: error instanceof Error ? error.message : String(error) });
  }
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_CONTROL_BYTES)
      throw new NodeError('NODE_CONTROL', `a call has at most ${MAX_CONTROL_BYTES} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 0 ? EMPTY : new Uint8Array(Buffer.concat(chunks, length));
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
