import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { settle } from '../../../test/support/virtual-clock.ts';
import { fromUtf8, utf8 } from '../../kernel/index.ts';
import type { CallResult } from '../../compute/sandbox/index.ts';
import { application, route } from '../testdata/application.ts';
import { House } from '../testdata/house.ts';
import { output, type ScriptedCall } from '../testdata/scripted-sandbox.ts';

const failure = (code: string): Omit<CallResult, 'usage'> =>
  ({ kind: 'failure', code, message: 'for the log only' }) as Omit<CallResult, 'usage'>;

async function house(options: Parameters<typeof House.create>[1] = {}, handlers?: string): Promise<House> {
  const functions = { a: 'module a', b: 'module b', c: 'module c' };
  return House.create(await application({ functions, ...(handlers !== undefined && { handlers }) }), options);
}

suite('a request', () => {
  test('becomes the request of the function, and its output the answer', async () => {
    await using h = await house({}, route('POST', '/users/:id/*rest', 'a'));
    const { sandbox } = await h.addSat('one');
    sandbox.script = ({ finish }) => {
      const responseHeaders = new Map([
        ['Content-Type', 'text/plain'],
        ['X-Own', '1'],
        ['x-perigee-sat', 'Iliar'],
        ['connection', 'close'],
      ]);
      finish(output('done', { responseHeaders }));
    };
    const reply = await h.fetch('/users/7/x/y?q=1', { method: 'POST', body: 'in', headers: { 'X-A': 'b' } });
    assert.equal(reply.status, 200);
    assert.equal(reply.text, 'done');
    assert.equal(reply.headers.get('content-type'), 'text/plain');
    assert.equal(reply.headers.get('x-own'), '1');
    assert.equal(reply.headers.get('content-length'), '4');
    assert.equal(reply.headers.get('x-perigee-sat'), 'Ione');
    assert.equal(reply.headers.get('connection'), 'keep-alive');
    const [call] = sandbox.calls;
    const { request } = call?.options ?? {};
    assert.equal(request?.id, reply.headers.get('x-perigee-request-id'));
    assert.match(request?.id ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    assert.deepEqual([request?.method, request?.url], ['POST', '/users/7/x/y?q=1']);
    assert.deepEqual(
      request?.params,
      new Map([
        ['id', '7'],
        ['rest', '/x/y'],
      ]),
    );
    assert.equal(request?.headers.get('x-a'), 'b');
    assert.equal(fromUtf8(request?.body ?? utf8('')), 'in');
    const event = h.events.find(({ kind }) => kind === 'request');
    assert.deepEqual(event?.kind === 'request' && [event.method, event.path, event.status, event.sat, event.code], [
      'POST',
      '/users/7/x/y',
      200,
      'Ione',
      undefined,
    ]);
  });

  test('goes through several steps, and what one changes the next one sees', async () => {
    await using h = await house({}, route('GET', '/s', 'a', 'b', 'c'));
    const { sandbox } = await h.addSat('one');
    sandbox.script = ({ module, options, finish }) => {
      const seen = [...(options.request?.state.keys() ?? [])].join();
      const changes = module === 'module a' ? { url: '/changed', headers: new Map([['x', 'y']]) } : undefined;
      const more = { changes, responseHeaders: new Map([[`x-${module.at(-1)}`, seen]]) };
      finish(output(`${module.at(-1)} ${options.request?.url} ${options.request?.headers.get('x')} (${seen})`, more));
    };
    const reply = await h.fetch('/s');
    assert.equal(reply.text, 'c /changed y (a,b)');
    assert.deepEqual([reply.headers.get('x-b'), reply.headers.get('x-c')], ['a', 'a,b']);
  });

  test('is answered with the words of a function that returns an error, as the reference does', async () => {
    await using h = await house();
    const { sandbox } = await h.addSat('one');
    sandbox.script = ({ finish }) => finish({ kind: 'guest-error', code: 404, message: 'no such user' } as CallResult);
    const reply = await h.fetch('/a');
    assert.equal(reply.status, 404);
    assert.equal(reply.text, '{"status":404,"message":"no such user"}');
    assert.equal(reply.headers.get('content-type'), 'application/json');
    assert.equal(reply.headers.get('x-perigee-sat'), 'Ione');
  });

  test('whose function is stopped gets a code, not the words of the log', async () => {
    await using h = await house();
    const { sandbox } = await h.addSat('one');
    for (const [code, status, shown] of [
      ['TRAP', 500, 'FUNCTION_TRAP'],
      ['CPU_TIME', 500, 'FUNCTION_CPU_TIME'],
      ['MEMORY_LIMIT', 500, 'FUNCTION_MEMORY_LIMIT'],
      ['DEADLINE', 504, 'FUNCTION_DEADLINE'],
      ['SOMETHING_NEW', 500, 'FUNCTION_FAILED'],
      ['toString', 500, 'FUNCTION_FAILED'],
    ] as const) {
      sandbox.script = ({ finish }) => finish(failure(code));
      const reply = await h.fetch('/a');
      const body = JSON.parse(reply.text) as Record<string, unknown>;
      assert.equal(reply.status, status, code);
      assert.deepEqual(Object.keys(body), ['status', 'message', 'code', 'request_id']);
      assert.deepEqual([body['status'], body['code']], [status, shown]);
      assert.equal(body['request_id'], reply.headers.get('x-perigee-request-id'));
      assert.doesNotMatch(reply.text, /log only/);
      const event = h.events.findLast(({ kind }) => kind === 'request');
      assert.match(event?.kind === 'request' ? (event.reason ?? '') : '', /a@v1.0.0: for the log only/);
    }
  });

  test('is routed as the reference routes', async () => {
    await using h = await house({}, [route('GET', '/a/b', 'a'), route('POST', '/a/b', 'a')].join('\n'));
    const answers: (readonly [string, string, number, string | null])[] = [];
    for (const [method, path] of [
      ['GET', '/nothing'],
      ['DELETE', '/a/b'],
      ['OPTIONS', '/a/b'],
      ['GET', '/a/b/'],
      ['POST', '/A/B'],
      ['HEAD', '/a/b'],
    ] as const) {
      const { status, headers } = await h.fetch(path, { method });
      answers.push([method, path, status, headers.get('allow') ?? headers.get('location')]);
    }
    assert.deepEqual(answers, [
      ['GET', '/nothing', 404, null],
      ['DELETE', '/a/b', 405, 'GET, OPTIONS, POST'],
      ['OPTIONS', '/a/b', 200, 'GET, OPTIONS, POST'],
      ['GET', '/a/b/', 301, '/a/b'],
      ['POST', '/A/B', 308, '/a/b'],
      ['HEAD', '/a/b', 405, 'GET, OPTIONS, POST'],
    ]);
    assert.equal((await h.fetch('/nothing')).text, '404 page not found\n');
  });

  test('for health is answered whatever else there is', async () => {
    await using h = await House.create(undefined);
    assert.deepEqual((await h.fetch('/health')).text, '{"healthy":true}');
    assert.equal((await h.fetch('/health', { method: 'HEAD' })).status, 200);
    assert.equal((await h.fetch('/other')).status, 503);
  });

  test('with HEAD gets no body', async () => {
    await using h = await house({}, route('HEAD', '/a', 'a'));
    await h.addSat('one');
    const reply = await h.fetch('/a', { method: 'HEAD' });
    assert.deepEqual([reply.status, reply.text, reply.headers.get('content-length')], [200, '', '8']);
  });
});

suite('a body', () => {
  const limits = { bodyBytes: 1000, totalBodyBytes: 2500 };

  test('above the bound is refused, announced or not', async () => {
    await using h = await house({ limits });
    const { sandbox } = await h.addSat('one');
    const announced = await h.fetch('/a', { method: 'POST', body: 'x'.repeat(1001) });
    assert.equal(announced.status, 413);
    assert.match(announced.text, /"code":"GATEWAY_BODY_TOO_LARGE"/);
    const body = new ReadableStream({
      start: (controller) => {
        for (let i = 0; i < 20; i++) controller.enqueue(utf8('x'.repeat(100)));
        controller.close();
      },
    });
    const streamed = await h.fetch('/a', { method: 'POST', body, duplex: 'half' });
    assert.equal(streamed.status, 413);
    assert.equal(streamed.headers.get('connection'), 'close');
    assert.equal(sandbox.calls.length, 0);
    assert.equal((await h.fetch('/a', { method: 'POST', body: 'x'.repeat(1000) })).status, 200);
  });

  test('of all requests together is bounded', async () => {
    await using h = await house({ limits });
    const { sandbox } = await h.addSat('one');
    const held: ScriptedCall[] = [];
    sandbox.script = (call) => held.push(call);
    const first = h.fetch('/a', { method: 'POST', body: 'x'.repeat(900) });
    await h.until(() => held.length === 1);
    const second = await h.fetch('/a', { method: 'POST', body: 'x'.repeat(900) });
    assert.equal(second.status, 503);
    assert.equal(second.headers.get('retry-after'), '1');
    held[0]?.finish(output('ok'));
    assert.equal((await first).status, 200);
    sandbox.script = (call) => call.finish(output('again'));
    assert.equal((await h.fetch('/a', { method: 'POST', body: 'x'.repeat(900) })).status, 200);
  });

  test('that never ends is given up with its client, and nothing is left', async () => {
    await using h = await house();
    await h.addSat('one');
    const { port, hostname } = new URL(h.url);
    const socket = connect(Number(port), hostname);
    socket.write('POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
    await h.until(() => h.gateway.status.requests.open === 1);
    socket.destroy();
    await h.until(() => h.gateway.status.requests.open === 0);
    const event = h.events.findLast(({ kind }) => kind === 'request');
    assert.deepEqual(event?.kind === 'request' && [event.status, event.code], [499, 'GATEWAY_CLIENT_GONE']);
  });
});

suite('an end', () => {
  test('comes at the deadline, and the Sat is told', async () => {
    await using h = await house({ limits: { requestMs: 5000 } });
    const { sandbox } = await h.addSat('one');
    sandbox.script = () => undefined;
    const asked = h.fetch('/a');
    await h.until(() => sandbox.calls.length === 1);
    const { limits, signal } = sandbox.calls[0]!.options;
    assert.ok((limits?.deadlineMs ?? 0) <= 5000);
    await h.clock.advance(5200);
    const reply = await asked;
    assert.equal(reply.status, 504);
    assert.match(reply.text, /"code":"GATEWAY_DEADLINE"/);
    await h.until(() => signal?.aborted === true);
    await h.until(() => h.gateway.status.sats[0]?.inFlight === 0);
  });

  test('comes when the client leaves', async () => {
    await using h = await house();
    const { sandbox } = await h.addSat('one');
    sandbox.script = () => undefined;
    const controller = new AbortController();
    const asked = h.fetch('/a', { signal: controller.signal });
    await h.until(() => sandbox.calls.length === 1);
    controller.abort();
    await assert.rejects(asked);
    await h.until(() => sandbox.calls[0]?.options.signal?.aborted === true);
    const event = h.events.findLast(({ kind }) => kind === 'request');
    assert.deepEqual(event?.kind === 'request' && [event.status, event.code], [499, 'GATEWAY_CLIENT_GONE']);
  });

  test('of one member of a group ends the others', async () => {
    const group =
      '  - type: request\n    method: GET\n    resource: /g\n    steps:\n      - group:\n          - fn: a\n          - fn: b\n    response: a';
    await using h = await house({}, group);
    const { sandbox } = await h.addSat('one');
    sandbox.script = ({ module, finish }) => {
      if (module === 'module b') finish({ kind: 'guest-error', code: 418, message: 'short and stout' } as CallResult);
    };
    const reply = await h.fetch('/g');
    assert.equal(reply.status, 418);
    await h.until(() =>
      sandbox.calls.every(({ module, options }) => module !== 'module a' || options.signal?.aborted === true),
    );
  });

  test('of the gateway waits for what is open, then refuses', async () => {
    const h = await house();
    const { sandbox } = await h.addSat('one');
    const held: ScriptedCall[] = [];
    sandbox.script = (call) => held.push(call);
    const first = h.fetch('/a');
    const second = h.fetch('/b');
    await h.until(() => held.length === 2);
    const closed = h.gateway.close(1000);
    held[0]?.finish(output('in time'));
    const done = await Promise.race([first, second]);
    assert.equal(done.text, 'in time');
    assert.equal(done.headers.get('connection'), 'close');
    await h.clock.advance(1000);
    await closed;
    const replies = await Promise.all([first, second]);
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200, 503]));
    await assert.rejects(h.fetch('/a'));
    await h.until(() => h.sats[0]?.events.at(-1)?.kind === 'left');
    const left = h.sats[0]?.events.at(-1);
    assert.deepEqual(left?.kind === 'left' && [left.code, left.reason], ['bye', 'the other side is done']);
    await h[Symbol.asyncDispose]();
  });

  test('comes to a head that drips in', async () => {
    await using h = await House.create(undefined, { limits: { headMs: 150 } });
    const { port, hostname } = new URL(h.url);
    const socket = connect(Number(port), hostname);
    const ended = new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (data: Uint8Array) => (text += fromUtf8(data)));
      socket.on('close', () => resolve(text));
      socket.on('error', () => resolve(text));
    });
    socket.write('GET /a HTTP/1.1\r\nHost');
    assert.match(await ended, /^HTTP\/1.1 408 /);
    await settle();
  });
});
