import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { recordedTracing } from '../../../test/support/recorded-tracing.ts';
import type { FunctionRequest } from '../../compute/abi/index.ts';
import type { CallResult } from '../../compute/sandbox/index.ts';
import { type FunctionHost, type HttpFront, type HttpFrontOptions, listenForRequests } from './index.ts';

interface HeldCall {
  readonly request: FunctionRequest;
  readonly caller: string | undefined;
  readonly finish: (result: Omit<CallResult, 'usage'>) => void;
}

const DONE = { kind: 'output', output: new Uint8Array(1), responseHeaders: new Map(), changes: undefined };

/** A front whose calls wait until the test ends them. */
async function withFront(
  options: Partial<HttpFrontOptions>,
  run: (url: string, calls: HeldCall[]) => Promise<void>,
): Promise<void> {
  const calls: HeldCall[] = [];
  const host: Pick<FunctionHost, 'call'> = {
    call: (request, _signal, caller) =>
      new Promise((resolve) => {
        calls.push({ request, caller, finish: (result) => resolve(result as CallResult) });
      }),
  };
  const settings = { host: '127.0.0.1', port: 0, onFailure: () => undefined, ...options };
  const front: HttpFront = await listenForRequests(host as FunctionHost, settings);
  try {
    await run(front.url, calls);
  } finally {
    await front.close(0);
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

test('a call is one of its client’s', () =>
  withFront({}, async (url, calls) => {
    const asked = fetch(url);
    await until(() => calls.length === 1);
    assert.equal(calls[0]?.caller, '127.0.0.1');
    calls[0]?.finish(DONE as never);
    assert.equal((await asked).status, 200);
  }));

test('a request is a span of its client’s trace, from its first to its last byte', async () => {
  const { tracing, spans } = recordedTracing();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await withFront({ tracing }, async (url, calls) => {
    const asked = fetch(`${url}/a?secret`, { headers: { traceparent } });
    await until(() => calls.length === 1);
    assert.equal(spans[0]?.ended, false);
    calls[0]?.finish({ kind: 'guest-error', code: 503, message: 'secret' } as never);
    await (await asked).text();
    const gone = new AbortController();
    const left = fetch(url, { signal: gone.signal });
    await until(() => calls.length === 2);
    gone.abort();
    await assert.rejects(left);
    await until(() => spans.every(({ ended }) => ended));
  });
  assert.deepEqual(
    spans.map(({ name, parent, attributes, error }) => [name, parent, attributes, error]),
    [
      ['HTTP', traceparent, { 'http.response.status_code': 503 }, '503'],
      ['HTTP', '', {}, 'aborted'],
    ],
  );
});

test('what the sandbox turns away is 503, with the time to come again', () =>
  withFront({}, async (url, calls) => {
    const asked = fetch(url);
    await until(() => calls.length === 1);
    calls[0]?.finish({ kind: 'failure', code: 'OVERLOADED', message: 'full', retryAfterSeconds: 7 } as never);
    const { status, headers } = await asked;
    assert.deepEqual([status, headers.get('retry-after')], [503, '7']);
  }));

test('bodies are turned away before they fill the memory, announced ones at once, and taken again later', () =>
  withFront({ maxTotalBodyBytes: 2000 }, async (url, calls) => {
    const first = fetch(url, { method: 'POST', body: new Uint8Array(700) });
    await until(() => calls.length === 1);

    const announced = await fetch(url, { method: 'POST', body: new Uint8Array(801) });
    assert.deepEqual([announced.status, announced.headers.get('retry-after')], [503, '1']);
    assert.equal(((await announced.json()) as { code?: string }).code, 'OVERLOADED');

    const chunked = await new Promise<number | undefined>((resolve, reject) => {
      const sending = httpRequest(url, { method: 'POST', headers: { 'transfer-encoding': 'chunked' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sending.on('error', reject);
      sending.write(new Uint8Array(400));
      sending.end(new Uint8Array(400));
    });
    assert.equal(chunked, 503);
    assert.equal(calls.length, 1, 'neither has reached the function');

    const without = fetch(url);
    await until(() => calls.length === 2);
    calls[1]?.finish(DONE as never);
    assert.equal((await without).status, 200, 'a request without a body needs no room');

    calls[0]?.finish(DONE as never);
    assert.equal((await first).status, 200);
    const again = fetch(url, { method: 'POST', body: new Uint8Array(1000) });
    await until(() => calls.length === 3);
    assert.equal(calls[2]?.request.body.length, 1000);
    calls[2]?.finish(DONE as never);
    assert.equal((await again).status, 200);
  }));

test('answers that clients do not read count among the bodies, until they are gone', () =>
  withFront({ maxTotalBodyBytes: 32 << 20 }, async (url, calls) => {
    const large = { ...DONE, output: new Uint8Array(16 << 20) };
    const { port } = new URL(url);
    const lazy = connect(Number(port), '127.0.0.1');
    lazy.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await until(() => calls.length === 1);
    calls[0]?.finish(large as never);
    await once(lazy, 'readable');
    const refused = await fetch(url);
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
    const closed = once(lazy, 'close');
    lazy.destroy();
    await closed;
    let status = 503;
    // The server may hear of it a little later than its client.
    while (status === 503) {
      const asked = fetch(url);
      const before = calls.length;
      await Promise.race([asked, until(() => calls.length > before)]);
      calls[before]?.finish(DONE as never);
      ({ status } = await asked);
    }
    assert.equal(status, 200);
  }));

test('one client takes neither all connections nor all bytes from the others', () =>
  withFront({ maxTotalBodyBytes: 1000, maxConnections: 4 }, async (url, calls) => {
    const { port } = new URL(url);
    const open = new Set<Socket>();
    for (let i = 0; i < 8; i++) {
      const socket = connect(Number(port), '127.0.0.1');
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => open.delete(socket));
    }
    await until(() => open.size === 2);
    const ask = (from: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const sending = httpRequest(url, { method: 'POST', localAddress: from, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        sending.on('error', reject);
        sending.end(new Uint8Array(400));
      });
    const other = ask('127.0.0.2');
    await until(() => calls.length === 1);
    for (const socket of open) socket.destroy();
    await until(() => open.size === 0);
    calls[0]?.finish(DONE as never);
    assert.equal(await other, 200);
    const first = ask('127.0.0.3');
    await until(() => calls.length === 2);
    assert.equal(await ask('127.0.0.3'), 503);
    const third = ask('127.0.0.4');
    await until(() => calls.length === 3);
    for (const call of calls) call.finish(DONE as never);
    assert.deepEqual(await Promise.all([first, third]), [200, 200]);
  }));

test('a body that is too large by itself is still 413', () =>
  withFront({}, async (url, calls) => {
    const large = await fetch(url, { method: 'POST', body: new Uint8Array(10 * 1024 * 1024 + 1) });
    assert.equal(large.status, 413);
    assert.equal(calls.length, 0);
  }));
