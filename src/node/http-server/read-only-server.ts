import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { quoted } from '../../kernel/index.ts';
import { createServer } from '../../network/http/index.ts';
import { NodeError } from '../errors.ts';

/** Ours: connections at a time; milliseconds that a request may take to arrive, and a connection to be quiet. */
const MAX_CONNECTIONS = 32;
const ARRIVAL_MS = 5_000;
const QUIET_MS = 30_000;
const MAX_HEAD_BYTES = 8 * 1024;

/** Names by which a machine calls itself, beside the one that it was given. */
const LOCAL_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/** What is answered. */
export interface ReadOnlyReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to all but HEAD; its length always. */
  readonly text: string;
}

/** Where to listen, and what to say. */
export interface ReadOnlyServerOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** The answer to a request without its body; `path` without its query. What it throws is told to `onError`: 500, empty. */
  readonly answer: (method: string, path: string) => ReadOnlyReply;
  readonly onError: (error: unknown) => void;
  /**
   * Answers 403 to who calls this machine by a name that it does not call itself by, as a page of the web does whose name was made to
   * lead here, in the browser of whoever looks at it. Not for a server that is reached through portals, by other machines' names.
   */
  readonly ownNamesOnly?: boolean | undefined;
}

/** A server that tells. */
export interface ReadOnlyServer {
  /** `host:port`. */
  readonly address: string;
  readonly close: () => Promise<void>;
}

/** @throws {NodeError} NODE_LISTEN */
export async function listenReadOnly(options: ReadOnlyServerOptions): Promise<ReadOnlyServer> {
  const server = createServer(
    {
      headersTimeout: ARRIVAL_MS,
      requestTimeout: ARRIVAL_MS,
      keepAliveTimeout: QUIET_MS,
      maxHeaderSize: MAX_HEAD_BYTES,
    },
    (request, response) => serve(options, request, response),
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(QUIET_MS);
  await listen(server, options);
  const { address: host, port, family } = server.address() as AddressInfo;
  return {
    address: `${family === 'IPv6' ? `[${host}]` : host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function serve(options: ReadOnlyServerOptions, request: IncomingMessage, response: ServerResponse): void {
  const { answer, onError, ownNamesOnly = false } = options;
  // A body has no meaning here; the connection goes with it.
  if (!request.complete && request.headers['content-length'] !== undefined) response.shouldKeepAlive = false;
  const { method = 'GET', url = '/' } = request;
  let reply: ReadOnlyReply;
  try {
    reply =
      ownNamesOnly && !isOwnName(request.headers.host)
        ? { status: 403, text: '' }
        : answer(method, url.split('?', 1)[0] ?? '/');
  } catch (error) {
    onError(error);
    reply = { status: 500, text: '' };
  }
  const { status, headers, text } = reply;
  response.writeHead(status, {
    ...headers,
    'content-length': Buffer.byteLength(text),
    'x-content-type-options': 'nosniff',
  });
  response.end(method === 'HEAD' ? undefined : text);
}

/** Whether the field `Host` is this machine's own name, or missing as no browser has it. */
function isOwnName(host: string | undefined): boolean {
  const name = host?.replace(/:\d{1,5}$/, '') ?? 'localhost';
  return LOCAL_HOST.test(name) || name.toLowerCase() === hostname().toLowerCase();
}

function listen(server: Server, { host, port }: ReadOnlyServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    // Stays attached: that a connection could not be accepted is not our end.
    server.on('error', (cause) => {
      reject(new NodeError('NODE_LISTEN', `cannot listen on ${quoted(`${host}:${port}`)}`, { cause }));
    });
    server.listen({ host, port }, resolve);
  });
}
