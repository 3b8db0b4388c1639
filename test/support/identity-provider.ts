import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeCertificate } from './certificate.ts';

/** What the provider answers: a status, and a document or a text that is none. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** An identity provider on the loopback, with a certificate of its own. */
export interface TestProvider {
  /** `https://localhost:…/tenant`. */
  readonly tenant: string;
  readonly certificate: string;
  /** What came, in order: the path without the tenant, the form, the `authorization` header. */
  readonly requests: { readonly path: string; readonly form: URLSearchParams; readonly bearer: string | undefined }[];
  /** By path; a function is asked each time. */
  readonly answers: Map<string, Answer | (() => Answer)>;
  readonly close: () => Promise<void>;
}

/** Starts one that knows no path yet. */
export async function startIdentityProvider(): Promise<TestProvider> {
  const { key, certificate } = makeCertificate();
  const requests: TestProvider['requests'] = [];
  const answers: TestProvider['answers'] = new Map();
  const server = createServer({ key, cert: certificate }, (request, response) => {
    const at = (request.url ?? '').replace(/^\/tenant/, '');
    void textOf(request).then((text) => {
      requests.push({ path: at, form: new URLSearchParams(text), bearer: request.headers.authorization });
      const known = answers.get(at) ?? { status: 404, body: {} };
      const { status, body } = typeof known === 'function' ? known() : known;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    tenant: `https://localhost:${(server.address() as AddressInfo).port}/tenant`,
    certificate,
    requests,
    answers,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
