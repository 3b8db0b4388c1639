import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { fromUtf8, utf8 } from '../../kernel/index.ts';
import {
  DEFAULT_EGRESS_LIMITS,
  type EgressAccess,
  EgressClient,
  type EgressEvent,
  type EgressLimits,
  type EgressRequest,
} from './client.ts';
import { directDialer } from './dialer.ts';
import { type NetworkRule, PUBLIC_RULE } from './rules.ts';
import { CERTIFICATE, scriptedResolver, serve } from '../../../test/support/egress-world.ts';

const LOCAL: NetworkRule = { ...PUBLIC_RULE, allowedNetworks: ['127.0.0.1'] };
const HERE = [{ addresses: ['127.0.0.1'] }];

interface World extends AsyncDisposable {
  readonly client: EgressClient;
  readonly clock: VirtualClock;
  readonly events: EgressEvent[];
  readonly asked: string[];
  readonly get: (url: string, change?: Partial<EgressRequest>, access?: Partial<EgressAccess>) => Promise<string>;
}

/** A client in a scripted world; `get` gives the body, or `refused:`/`failed:` and the message. */
function world(names: Parameters<typeof scriptedResolver>[0] = {}, options: { maxConcurrent?: number } = {}): World {
  const { resolver, asked } = scriptedResolver({
    'a.example': HERE,
    'b.example': HERE,
    'secure.example': HERE,
    ...names,
  });
  const clock = new VirtualClock();
  const events: EgressEvent[] = [];
  const client = new EgressClient({
    dialer: directDialer({ resolver, ca: [CERTIFICATE] }),
    clock,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return {
    client,
    clock,
    events,
    asked,
    get: async (url, change = {}, access = {}) => {
      const answer = await client.fetch(
        { method: 'GET', url, headers: [], body: new Uint8Array(0), ...change },
        { caller: 'f', rules: [LOCAL], limits: DEFAULT_EGRESS_LIMITS, signal: new AbortController().signal, ...access },
      );
      return answer.ok ? fromUtf8(answer.value) : `${answer.reason}: ${answer.message}`;
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

const limits = (change: Partial<EgressLimits>): Pick<EgressAccess, 'limits'> => ({
  limits: { ...DEFAULT_EGRESS_LIMITS, ...change },
});
const PRIVATE = 'refused: failed to requestIsAllowed: requests to private IP address ranges are disallowed';

/** Lets the network move until `condition` holds. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2000 && !condition(); turn++) await settle();
  assert.ok(condition(), 'this never happens');
}

test('a request arrives as it was meant, and its answer comes back', async () => {
  await using server = await serve((_request, response) => response.end('hello'));
  await using w = world();
  const body = await w.get(`http://a.example:${server.port}/p?q=1`, {
    method: 'POST',
    headers: [
      ['X-One', '1'],
      ['X-One', '2'],
      ['Host', 'evil.example'],
      ['Content-Length', '1'],
      ['Transfer-Encoding', 'chunked'],
      ['Connection', 'X-One'],
      ['Upgrade', 'h2c'],
    ],
    body: utf8('payload'),
  });
  assert.equal(body, 'hello');
  const [request] = server.requests;
  assert.equal(request?.method, 'POST');
  assert.equal(request?.url, '/p?q=1');
  assert.equal(request?.body, 'payload');
  assert.equal(request?.headers['x-one'], '1, 2');
  assert.equal(request?.headers.host, `a.example:${server.port}`);
  assert.equal(request?.headers['content-length'], '7');
  assert.equal(request?.headers['content-type'], 'application/octet-stream');
  assert.equal(request?.headers['transfer-encoding'], undefined);
  assert.equal(request?.headers.upgrade, undefined);
  assert.equal(request?.headers['user-agent'], 'perigee');
  assert.deepEqual(
    w.events.map(({ outcome, status }) => [outcome, status]),
    [['answered', 200]],
  );
});

test('invalid headers fail the request before anything is sent', async () => {
  await using server = await serve((_request, response) => response.end());
  await using w = world();
  const url = `http://a.example:${server.port}/`;
  for (const header of [
    ['X', 'a\r\nEvil: 1'],
    ['X', 'a\0'],
    ['X', 'a\x7f'],
    ['', 'a'],
    ['X Y', 'a'],
    ['X:', 'a'],
    ['Ü', 'a'],
    ['X\n', 'a'],
  ] as const) {
    assert.match(await w.get(url, { headers: [header] }), /^failed: invalid header field/);
  }
  assert.match(
    await w.get(url, { headers: Array.from({ length: 101 }, () => ['X', '1'] as const) }),
    /too many headers/,
  );
  assert.match(await w.get(url, { headers: [['X', 'x'.repeat(40_000)]] }), /too many headers/);
  assert.equal(server.connections, 0);
  assert.equal(await w.get(url, { headers: [['X', 'grün']] }), '');
  assert.equal(Buffer.from(server.requests[0]!.headers['x'] as string, 'latin1').toString(), 'grün');
});

test('a status above 299 is an error with its body, cut at the limit', async () => {
  await using server = await serve((_request, response) => response.writeHead(404).end('x'.repeat(1000)));
  await using w = world();
  assert.equal(await w.get(`http://a.example:${server.port}/`, {}, limits({ maxErrorBytes: 5 })), 'failed: 404: xxxxx');
});

test('a body above the limit fails, with and without a declared length, and is not read to its end', async () => {
  await using server = await serve((request, response) => {
    if (request.url === '/declared') response.setHeader('content-length', 1000);
    response.end('x'.repeat(1000));
  });
  await using w = world();
  for (const path of ['declared', 'chunked']) {
    assert.equal(
      await w.get(`http://a.example:${server.port}/${path}`, {}, limits({ maxResponseBytes: 999 })),
      'failed: response body larger than 999 bytes',
    );
    assert.equal(
      (await w.get(`http://a.example:${server.port}/${path}`, {}, limits({ maxResponseBytes: 1000 }))).length,
      1000,
    );
  }
  assert.match(
    await w.get(`http://a.example:${server.port}/`, { body: utf8('xx') }, limits({ maxRequestBytes: 1 })),
    /request body larger than 1 bytes/,
  );
});

test('compressed bodies stay compressed', async () => {
  await using server = await serve((_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end('not really gzip'),
  );
  await using w = world();
  assert.equal(await w.get(`http://a.example:${server.port}/`), 'not really gzip');
  assert.equal(server.requests[0]?.headers['accept-encoding'], undefined);
});

test('a name that moves to a closed address after the first answer stays closed (rebinding)', async () => {
  await using server = await serve((_request, response) =>
    response.writeHead(200, { connection: 'close' }).end('once'),
  );
  await using w = world({ 'rebind.example': [{ addresses: ['127.0.0.1'] }, { addresses: ['127.0.0.2'] }] });
  const url = `http://rebind.example:${server.port}/`;
  assert.equal(await w.get(url), 'once');
  assert.equal(await w.get(url), PRIVATE);
  assert.deepEqual(w.asked, ['rebind.example', 'rebind.example']);
  assert.equal(w.events.at(-1)?.detail, 'loopback address 127.0.0.2');
});

test('a connection opened under generous rules is never used under strict ones', async () => {
  await using server = await serve((_request, response) => response.end('inside'));
  await using w = world();
  const url = `http://a.example:${server.port}/`;
  assert.equal(await w.get(url), 'inside');
  await settle();
  assert.equal(await w.get(url), 'inside');
  await settle();
  assert.equal(server.connections, 1);
  assert.equal(await w.get(url, {}, { rules: [PUBLIC_RULE] }), PRIVATE);
  assert.equal(await w.get(url, {}, { rules: [LOCAL, PUBLIC_RULE] }), PRIVATE);
  assert.equal(server.requests.length, 2);
});

test('every redirect hop meets both gates', async () => {
  let location = '';
  await using server = await serve((request, response) => {
    if (request.url === '/final') response.end('arrived');
    else response.writeHead(302, { location }).end('moved');
  });
  await using w = world({
    'inside.example': [{ addresses: ['10.0.0.1'] }],
    'mixed.example': [{ addresses: ['127.0.0.1', '169.254.169.254'] }],
  });
  const start = `http://a.example:${server.port}/`;
  const go = (to: string, rule: Partial<NetworkRule> = {}): Promise<string> => {
    location = to;
    return w.get(start, {}, { rules: [{ ...LOCAL, ...rule }] });
  };
  assert.equal(await go('/final'), 'arrived');
  assert.equal(await go(`//b.example:${server.port}/final`), 'arrived');
  assert.equal(await go('http://inside.example/'), PRIVATE);
  assert.equal(await go('http://mixed.example/'), PRIVATE);
  assert.equal(await go('http://169.254.169.254/latest/meta-data/'), PRIVATE);
  assert.equal(await go('http://2852039166/'), PRIVATE);
  assert.equal(await go('http://[::ffff:a9fe:a9fe]/'), PRIVATE);
  assert.match(await go('http://127.0.0.1/', { allowIPs: false }), /requests to IP addresses are disallowed/);
  assert.match(await go(`http://b.example:${server.port}/final`, { allowedDomains: ['a.example'] }), /this domain/);
  assert.match(await go('http://a.example:25/', { allowedPorts: [server.port] }), /this port/);
  assert.match(await go('file:///etc/passwd'), /failed to parse URL/);
  assert.match(await go('ftp://a.example/'), /this scheme/);
  assert.match(await go('http://[::1%25lo]/'), /failed to parse URL/);
});

test('redirects end after ten, and one with two targets is not followed', async () => {
  await using server = await serve((request, response) => {
    if (request.url === '/two')
      response
        .writeHead(
          302,
          [
            ['location', '/x'],
            ['location', '/y'],
          ].flat(),
        )
        .end();
    else response.writeHead(302, { location: '/again' }).end();
  });
  await using w = world();
  assert.equal(await w.get(`http://a.example:${server.port}/`), 'failed: stopped after 10 redirects');
  assert.equal(server.requests.length, 11);
  assert.match(await w.get(`http://a.example:${server.port}/two`), /failed: (ambiguous redirect|stopped)/);
});

test('a redirect whose body never ends does not hold the request', async () => {
  await using server = await serve((request, response) => {
    if (request.url === '/end') {
      response.end('arrived');
      return;
    }
    response.writeHead(302, { location: '/end' });
    const pour = (): void => {
      while (response.writable && response.write(Buffer.alloc(16_384)));
    };
    response.on('drain', pour);
    pour();
  });
  await using w = world();
  assert.equal(await w.get(`http://a.example:${server.port}/`), 'arrived');
});

test('more rule sets than pools: the oldest are closed, requests in flight finish', async () => {
  const held = Promise.withResolvers<void>();
  await using server = await serve((request, response) => {
    if (request.url === '/held') void held.promise.then(() => response.end('late'));
    else response.end('ok');
  });
  await using w = world();
  const rules = (port: number): Pick<EgressAccess, 'rules'> => ({
    rules: [{ ...LOCAL, allowedPorts: [port, server.port] }],
  });
  const late = w.get(`http://a.example:${server.port}/held`, {}, rules(1));
  for (let port = 2; port < 72; port++)
    assert.equal(await w.get(`http://a.example:${server.port}/`, {}, rules(port)), 'ok');
  held.resolve();
  assert.equal(await late, 'late');
});

test('301–303 become GET without body, 307 and 308 repeat the request; without Location it is the answer', async () => {
  await using server = await serve((request, response) => {
    const status = /^\/(\d+)$/.exec(request.url ?? '')?.[1];
    if (status === undefined) response.end('done');
    else
      response
        .writeHead(Number(status), request.headers['x-stay'] === undefined ? { location: '/end' } : {})
        .end('here');
  });
  await using w = world();
  const post = (status: number, method: EgressRequest['method'] = 'POST'): Promise<string> =>
    w.get(`http://a.example:${server.port}/${status}`, {
      method,
      body: utf8('data'),
      headers: [['content-type', 'text/plain']],
    });
  for (const status of [301, 302, 303]) {
    await post(status);
    const last = server.requests.at(-1);
    assert.deepEqual([last?.method, last?.body, last?.headers['content-type']], ['GET', '', undefined], String(status));
  }
  for (const status of [307, 308]) {
    await post(status, 'PUT');
    const last = server.requests.at(-1);
    assert.deepEqual(
      [last?.method, last?.body, last?.headers['content-type']],
      ['PUT', 'data', 'text/plain'],
      String(status),
    );
  }
  await post(302, 'HEAD');
  assert.equal(server.requests.at(-1)?.method, 'HEAD');
  assert.equal(await w.get(`http://a.example:${server.port}/302`, { headers: [['x-stay', '1']] }), 'failed: 302: here');
  assert.match(await w.get(`http://a.example:${server.port}/304`), /^failed: 304: /);
});

test('authorization is added for its target, replaces the guest’s, and stays behind on other hosts', async () => {
  let location = '';
  await using server = await serve((request, response) => {
    if (request.url === '/go') response.writeHead(307, { location }).end();
    else response.end('ok');
  });
  await using w = world();
  const authorization: EgressAccess['authorization'] = (target) =>
    Promise.resolve(target.host === 'a.example' ? 'bearer host-token' : undefined);
  const headers = [
    ['authorization', 'bearer guest'],
    ['Cookie', 'session=1'],
    ['x-plain', '1'],
  ] as const;
  const go = async (to: string): Promise<readonly unknown[]> => {
    location = to;
    assert.equal(await w.get(`http://a.example:${server.port}/go`, { headers }, { authorization }), 'ok');
    const { headers: seen } = server.requests.at(-1)!;
    return [seen.authorization, seen.cookie, seen['x-plain']];
  };
  assert.deepEqual(await go('/same'), ['bearer host-token', 'session=1', '1']);
  assert.equal(server.requests.at(-1)!.rawHeaders.filter((name) => name.toLowerCase() === 'authorization').length, 1);
  assert.deepEqual(await go(`http://b.example:${server.port}/other`), [undefined, undefined, '1']);
  await using other = await serve((_request, response) => response.end('ok'));
  location = `http://a.example:${other.port}/`;
  await w.get(`http://a.example:${server.port}/go`, { headers }, { authorization });
  assert.equal(other.requests[0]?.headers.authorization, undefined);
});

test('a redirect that comes back to the first host does not bring the credentials back', async () => {
  await using server = await serve((request, response) => {
    if (request.url === '/start') response.writeHead(302, { location: `http://b.example:${server.port}/hop` }).end();
    else if (request.url === '/hop') response.writeHead(302, { location: `http://a.example:${server.port}/end` }).end();
    else response.end('ok');
  });
  await using w = world();
  const authorization: EgressAccess['authorization'] = () => Promise.resolve('bearer token');
  await w.get(`http://a.example:${server.port}/start`, {}, { authorization });
  assert.deepEqual(
    server.requests.map((request) => request.headers.authorization),
    ['bearer token', undefined, undefined],
  );
});

test('https to http drops the credentials', async () => {
  await using plain = await serve((_request, response) => response.end('ok'));
  await using secure = await serve(
    (_request, response) => response.writeHead(302, { location: `http://secure.example:${plain.port}/` }).end(),
    true,
  );
  await using w = world();
  const authorization: EgressAccess['authorization'] = () => Promise.resolve('bearer token');
  assert.equal(await w.get(`https://secure.example:${secure.port}/`, {}, { authorization }), 'ok');
  assert.equal(secure.requests[0]?.headers.authorization, 'bearer token');
  assert.equal(plain.requests[0]?.headers.authorization, undefined);
  assert.match(await w.get(`https://a.example:${secure.port}/`), /^failed: cannot connect/);
});

test('user and password of the URL become Basic; a refused request never asks for credentials', async () => {
  await using server = await serve((_request, response) => response.end());
  await using w = world();
  await w.get(`http://user:p%40ss@a.example:${server.port}/`);
  assert.equal(server.requests[0]?.headers.authorization, `Basic ${btoa('user:p@ss')}`);
  let asked = 0;
  const authorization: EgressAccess['authorization'] = () => Promise.resolve(String(asked++));
  await w.get('http://a.example:1/', {}, { authorization, rules: [{ ...LOCAL, allowHTTP: false }] });
  assert.equal(asked, 0);
  await w.get(`http://a.example:${server.port}/`, {}, { authorization: () => Promise.resolve('bearer a\r\nEvil: 1') });
  assert.equal(server.requests.at(-1)?.headers.authorization, undefined);
  assert.equal(server.requests.at(-1)?.headers['evil'], undefined);
});

test('a server that stays silent meets the headers deadline, one that trickles the total deadline', async () => {
  const trickling = Promise.withResolvers<void>();
  await using server = await serve((request, response) => {
    if (request.url === '/silent') return;
    response.write('some');
    trickling.resolve();
  });
  await using w = world();
  const seen = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => (server.requests.length >= count ? resolve() : void setImmediate(look));
      look();
    });
  const silent = w.get(`http://a.example:${server.port}/silent`, {}, limits({ headersMs: 500 }));
  await seen(1);
  await w.clock.advance(501);
  assert.equal(await silent, 'failed: no response headers within 500 ms');
  const slow = w.get(`http://a.example:${server.port}/slow`, {}, limits({ totalMs: 900, headersMs: 10_000 }));
  await trickling.promise;
  await settle();
  await w.clock.advance(901);
  assert.equal(await slow, 'failed: no complete response within 900 ms');
  assert.equal(w.clock.pending, 0);
});

test('a connection that is never made meets its deadline, and the call that waits its own end', async () => {
  const never = Promise.withResolvers<never>();
  const clock = new VirtualClock();
  await using client = new EgressClient({ clock, connectMs: 300, dialer: { dial: () => never.promise } });
  const request: EgressRequest = { method: 'GET', url: 'http://a.example/', headers: [], body: new Uint8Array(0) };
  const control = new AbortController();
  const access = { caller: 'f', rules: [PUBLIC_RULE], limits: DEFAULT_EGRESS_LIMITS, signal: control.signal };
  const first = client.fetch(request, access);
  await settle();
  await clock.advance(301);
  assert.deepEqual(await first, { ok: false, reason: 'failed', message: 'no connection within 300 ms' });
  const second = client.fetch(request, access);
  await settle();
  control.abort(new Error('call is over'));
  assert.deepEqual(await second, { ok: false, reason: 'failed', message: 'the call has ended' });
  assert.deepEqual(await client.fetch(request, access), { ok: false, reason: 'failed', message: 'the call has ended' });
});

test('no more than the allowed number of requests is in flight, and closing ends them', async () => {
  await using server = await serve(() => undefined);
  const w = world({}, { maxConcurrent: 1 });
  const waiting = w.get(`http://a.example:${server.port}/`);
  assert.equal(await w.get(`http://a.example:${server.port}/`), 'failed: too many requests in flight');
  await w.client[Symbol.asyncDispose]();
  assert.equal(await waiting, 'failed: the egress client is closed');
  assert.equal(await w.get(`http://a.example:${server.port}/`), 'failed: the egress client is closed');
});

test('one function leaves room for others, at the client and at an origin', async () => {
  const open: (() => void)[] = [];
  await using server = await serve((_request, response) => open.push(() => response.end('ok')));
  await using w = world({}, { maxConcurrent: 32 });
  const url = `http://a.example:${server.port}/`;
  const greedy = Array.from({ length: 20 }, () => w.get(url, {}, { caller: 'greedy' }));
  await until(() => open.length === 8);
  assert.deepEqual(await Promise.all(greedy.slice(16)), Array(4).fill('failed: too many requests in flight'));
  const other = w.get(url, {}, { caller: 'other' });
  await until(() => open.length === 9);
  open[8]!();
  assert.equal(await other, 'ok');
  for (let i = 0; i < 17; i++) {
    await until(() => open.length > i);
    open[i]!();
  }
  assert.deepEqual(await Promise.all(greedy.slice(0, 16)), Array(16).fill('ok'));
  assert.equal(
    await w.get(url.replace('a.example', '10.0.0.1'), {}, { caller: 'greedy' }),
    PRIVATE,
    'it has places again',
  );
});

test('a safe request is repeated on a new connection when the pooled one is dead, an unsafe one is not', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    const fresh = ++connections % 2 === 0;
    socket.on('data', () => (fresh ? socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok') : socket.destroy()));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await using w = world();
  assert.equal(await w.get(`http://a.example:${port}/`), 'ok');
  assert.equal(connections, 2);
  assert.match(
    await w.get(`http://a.example:${port}/`, { method: 'POST', body: utf8('x') }),
    /^failed: request failed: (UND_ERR_SOCKET|ECONNRESET)/,
  );
  assert.equal(connections, 3);
  server.close();
});

test('a malformed answer is a failure, not an exception', async () => {
  const answers = [
    'garbage\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`,
    'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
  ];
  for (const answer of answers) {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await using w = world();
    assert.match(
      await w.get(`http://a.example:${port}/`, { method: 'POST' }),
      /^failed: request failed: /,
      answer.slice(0, 40),
    );
    server.close();
  }
});

test('proxies of the environment are not used', async () => {
  await using proxy = await serve((_request, response) => response.end('proxied'));
  await using server = await serve((_request, response) => response.end('direct'));
  await using w = world();
  const names = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'all_proxy', 'NODE_USE_ENV_PROXY'];
  const before = names.map((name) => [name, process.env[name]] as const);
  try {
    for (const name of names) process.env[name] = name.startsWith('NODE') ? '1' : `http://127.0.0.1:${proxy.port}`;
    assert.equal(await w.get(`http://a.example:${server.port}/`), 'direct');
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }
  assert.equal(proxy.connections, 0);
});

test('GraphQL goes out as one POST through the same gates', async () => {
  await using server = await serve((_request, response) =>
    response.end('{"data":{"n":12345678901234567890},"extensions":{}}'),
  );
  await using w = world();
  const access: EgressAccess = {
    caller: 'f',
    rules: [LOCAL],
    limits: DEFAULT_EGRESS_LIMITS,
    signal: new AbortController().signal,
  };
  const answer = await w.client.graphql(`http://a.example:${server.port}/graphql`, '{ n }', access);
  assert.ok(answer.ok);
  assert.equal(fromUtf8(answer.value), '{"data":{"n":12345678901234567890},"extensions":{}}');
  const [request] = server.requests;
  assert.deepEqual(
    [request?.method, request?.body, request?.headers['content-type']],
    ['POST', '{"query":"{ n }"}', 'application/json'],
  );
  const refused = await w.client.graphql('http://10.0.0.1/', '{ n }', access);
  assert.equal(!refused.ok && refused.reason, 'refused');
});

test('the log learns origin and reason, never path, header or body', async () => {
  await using w = world({ 'inside.example': [{ addresses: ['10.0.0.1'] }] });
  await w.get('http://user:secret@inside.example/path?token=secret', { headers: [['authorization', 'secret']] });
  assert.deepEqual(w.events, [
    {
      outcome: 'refused',
      method: 'GET',
      origin: 'http://inside.example',
      status: undefined,
      detail: 'private address 10.0.0.1',
    },
  ]);
});
