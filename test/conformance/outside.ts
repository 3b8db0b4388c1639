/** What guests of the conformance suite find outside: a server, files, secrets, a database, and what they are granted of it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GrantsName } from './case.ts';
import type { ConformanceDatabases, WorldDatabase } from './database.ts';

/** The world of one run. */
export interface World {
  /** `127.0.0.1:port` of the server. */
  readonly host: string;
  /** Requests that the server has seen so far. */
  readonly requests: () => number;
  /** The database of this world; undefined where there is no server for one. */
  readonly database: WorldDatabase | undefined;
  readonly close: () => Promise<void>;
}

/** Static files of every host. */
export const FILES: Readonly<Record<string, string>> = {
  'hello.txt': 'hello from a file',
  'deep/er.txt': 'further down',
  'empty.txt': '',
};

/** Secrets of every host. */
export const SECRETS: ReadonlyMap<string, string> = new Map([
  ['KEY', 'open'],
  ['OTHER', 'hidden'],
]);

/** Starts the server. */
export async function createWorld(databases: ConformanceDatabases | undefined): Promise<World> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    void answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    database: await databases?.create(),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** `capabilities` in the words of a Directive. */
export function capabilitiesFor(
  name: GrantsName,
  { host, database }: Pick<World, 'host' | 'database'>,
): Record<string, unknown> {
  const port = Number(host.split(':')[1]);
  const rules = {
    allowHTTP: true,
    allowIPs: true,
    allowPrivate: true,
    allowedPorts: [port],
    blockedDomains: ['blocked.example'],
  };
  switch (name) {
    case 'everything':
      return {
        logger: { enabled: true },
        http: { enabled: true, rules },
        graphql: { enabled: true, rules },
        cache: { enabled: true },
        file: { enabled: true },
        requestHandler: { enabled: true },
        secrets: { enabled: true, env: { allowedKeys: ['KEY', 'UNSET'] } },
        db: { enabled: true, queries: QUERIES, ...(database !== undefined && databaseOf(database)) },
      };
    case 'nothing':
      return { logger: { enabled: false }, requestHandler: { enabled: false } };
    case 'read only':
      return {
        requestHandler: { enabled: true, allowSetField: false },
        cache: { enabled: true, rules: { allowSet: false } },
      };
    default:
      return {};
  }
}

function databaseOf({ connectionString, port }: WorldDatabase): Record<string, unknown> {
  return { dbType: 'pgx', connectionString, rules: { allowPrivate: true, allowedPorts: [port] } };
}

const QUERIES = [
  { name: 'add', type: 'insert', query: 'INSERT INTO t VALUES ($1, $2)' },
  { name: 'all', type: 'select', query: 'SELECT * FROM t ORDER BY a' },
  { name: 'one', type: 'select', query: 'SELECT $1::text AS a, 1 AS n, NULL::text AS t' },
  { name: 'change', type: 'update', query: 'UPDATE t SET a = $1 WHERE b IS NULL' },
  { name: 'remove', type: 'delete', query: 'DELETE FROM t' },
  { name: 'broken', type: 'select', query: 'SELECT * FROM nowhere' },
];

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://world');
  const status = /^\/status\/(\d+)$/.exec(pathname)?.[1];
  if (status !== undefined) return void response.writeHead(Number(status)).end(`status ${status}`);
  if (pathname === '/empty') return void response.writeHead(204).end();
  if (pathname === '/redirect') return void response.writeHead(302, { location: '/echo' }).end();
  if (pathname === '/away') return void response.writeHead(302, { location: 'http://blocked.example/' }).end();
  if (pathname.startsWith('/graphql')) return void response.end(await graphql(pathname, request));
  const { headers, method } = request;
  const body = await textOf(request);
  const shown = ['content-type', 'x-a', 'authorization'].flatMap((name) =>
    headers[name] === undefined ? [] : [`${name}=${String(headers[name])}`],
  );
  response.end([method, pathname, ...shown, ...(body === '' ? [] : [`body=${body}`])].join(' '));
}

async function graphql(pathname: string, request: IncomingMessage): Promise<string> {
  if (pathname.endsWith('/errors')) return '{"data":null,"errors":[{"path":["a","b"],"message":"no such field"}]}';
  if (pathname.endsWith('/noise')) return '["no object"]';
  const query = JSON.parse(await textOf(request)) as { query: string };
  return JSON.stringify({
    data: { method: request.method, type: request.headers['content-type'], asked: query.query },
  });
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
