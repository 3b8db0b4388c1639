/** A small world on 127.0.0.1: servers, and a resolver whose answers a test scripts. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Resolution, Resolver } from '../../src/compute/egress/index.ts';

export const CERTIFICATE: string = read('secure-example-cert.pem');
const KEY = read('secure-example-key.pem');

/** A server that counts its connections and requests. */
export interface LocalServer extends AsyncDisposable {
  readonly port: number;
  readonly requests: {
    method: string;
    url: string;
    headers: IncomingMessage['headers'];
    rawHeaders: string[];
    body: string;
  }[];
  connections: number;
}

/** Starts an HTTP (or, with `tls`, HTTPS) server; `answer` is called once the request's body has arrived. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  tls = false,
): Promise<LocalServer> {
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Uint8Array[] = [];
    request.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers, rawHeaders } = request;
      local.requests.push({ method, url, headers, rawHeaders, body: Buffer.concat(chunks).toString() });
      answer(request, response);
    });
  };
  const server: Server = tls ? createTlsServer({ key: KEY, cert: CERTIFICATE }, onRequest) : createServer(onRequest);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const local: LocalServer = {
    port: (server.address() as AddressInfo).port,
    requests: [],
    connections: 0,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on('connection', () => local.connections++);
  return local;
}

/** A resolver that answers each name with its next scripted answer, the last one for ever; and counts its questions. */
export function scriptedResolver(names: Readonly<Record<string, readonly (Partial<Resolution> | Error)[]>>): {
  readonly resolver: Resolver;
  readonly asked: string[];
} {
  const asked: string[] = [];
  return {
    asked,
    resolver: (host) => {
      const answers = names[host] ?? [];
      const nth = asked.filter((name) => name === host).length;
      asked.push(host);
      const answer = answers[Math.min(nth, answers.length - 1)] ?? new Error(`${host} does not exist`);
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve({ addresses: [], aliases: [], ...answer });
    },
  };
}

function read(name: string): string {
  return readFileSync(new URL(`../../src/compute/egress/testdata/${name}`, import.meta.url), 'utf8');
}
