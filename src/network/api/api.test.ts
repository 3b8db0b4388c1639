import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { CodedError, fromHex, toHex } from '../../kernel/index.ts';
import { allowAll, localAddress, localMessage, Router } from '../routing/index.ts';
import {
  ApiError,
  ApiRefusal,
  ask,
  decodeErrorMessage,
  decodeRequest,
  decodeResponse,
  encodeErrorBody,
  encodeRequest,
  encodeResponse,
  forbidden,
  METHODS,
  startApiService,
  tell,
  unknownPath,
} from './index.ts';

const document = readFileSync(new URL('../../../docs/protocol/node-api.md', import.meta.url), 'utf8');
const vector = (name: string): string => {
  const row = document.split('\n').find((line) => line.startsWith(`| ${name}`));
  return /`([0-9a-f]{8,})` \|$/.exec(row ?? '')?.[1] ?? assert.fail(`no vector ${name}`);
};

test('the vectors of the document encode and decode', () => {
  const post = { id: 0x01020304, path: '/', method: 'POST', body: undefined } as const;
  assert.equal(toHex(encodeRequest(post)), vector('POST `/`'));
  assert.deepEqual(decodeRequest(fromHex(vector('POST `/`'))), post);
  const get = { id: 7, path: '/node', method: 'GET', body: undefined } as const;
  assert.equal(toHex(encodeRequest(get)), vector('GET `/node`'));
  const ok = { id: 0x11, re: 7, status: 200, body: undefined };
  assert.equal(toHex(encodeResponse(ok)), vector('200, id 0x11'));
  assert.deepEqual(decodeResponse(fromHex(vector('200, id 0x11'))), ok);
  const body = encodeErrorBody({ path: '/', method: 'POST', message: 'unauthorized member' });
  assert.equal(toHex(encodeResponse({ id: 0x11, re: 7, status: 403, body })), vector('403, id 0x11'));
  assert.equal(decodeErrorMessage(decodeResponse(fromHex(vector('403, id 0x11'))).body!), 'unauthorized member');
});

test('every request comes back as it was sent', () => {
  const requests = fc.record(
    {
      id: fc.integer({ min: 1, max: 0xffff_ffff }),
      path: fc.string({ maxLength: 100 }),
      method: fc.constantFrom(...METHODS, undefined),
      body: fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined }),
    },
    { noNullPrototype: true },
  );
  fc.assert(fc.property(requests, (request) => assert.deepEqual(decodeRequest(encodeRequest(request)), request)));
});

test('unknown keys are skipped, an unknown method is none', () => {
  const header = new CborWriter()
    .map(5)
    .uint(1)
    .uint(9)
    .uint(2)
    .text('a')
    .uint(3)
    .uint(77)
    .uint(4)
    .bool(false)
    .uint(5)
    .text('x');
  const content = header.finish();
  const payload = Uint8Array.of(content.length, ...content);
  assert.deepEqual(decodeRequest(payload), { id: 9, path: 'a', method: undefined, body: undefined });
});

test('truncated and altered payloads give a coded error or a value, never anything else', () => {
  const payload = encodeRequest({
    id: 5,
    path: '/members',
    method: 'POST',
    body: new CborWriter().text('hello').finish(),
  });
  const decodes = (bytes: Uint8Array): void => {
    for (const decode of [decodeRequest, decodeResponse]) {
      try {
        decode(bytes);
      } catch (error) {
        assert.ok(error instanceof CodedError, String(error));
      }
    }
  };
  for (let length = 0; length < payload.length; length++) {
    assert.throws(() => decodeRequest(payload.subarray(0, length)), CodedError);
  }
  for (let i = 0; i < payload.length; i++) {
    for (const flip of [1, 0x80, 0xff]) {
      const altered = payload.slice();
      altered[i]! ^= flip;
      decodes(altered);
    }
  }
});

test('a body above the bound is refused', () => {
  const payload = encodeRequest({ id: 1, path: '/', method: 'PUT', body: new Uint8Array(1024 * 1024 + 1) });
  assert.throws(() => decodeRequest(payload), { code: 'API_TOO_LARGE' });
});

test('a service answers, refuses, and hides why it failed', async () => {
  const clock = new VirtualClock();
  let seed = 0;
  const errors: unknown[] = [];
  const router = new Router({ clock, random: (length) => new Uint8Array(length).fill(++seed) });
  const service = localAddress('members');
  startApiService(router, {
    address: service,
    incoming: allowAll,
    onError: (error) => errors.push(error),
    serve: (request) => {
      if (request.method === 'GET' && request.segments[0] === 'sum') {
        const reader = new CborReader(request.body!);
        return { status: 200, body: new CborWriter().uint(reader.uint() + 1).finish() };
      }
      if (request.method === 'POST' && request.path === '/') return { status: 200 };
      if (request.method === 'DELETE') return forbidden(request, 'not yours');
      if (request.method === 'PATCH') throw new Error('secret detail');
      return unknownPath(request);
    },
  });
  const call = { onward: [service], path: '/' } as const;
  const sum = await ask(router, { ...call, method: 'GET', path: '//sum', body: new CborWriter().uint(41).finish() });
  assert.equal(new CborReader(sum).uint(), 42);
  await tell(router, { ...call, method: 'POST' });
  await assert.rejects(ask(router, { ...call, method: 'POST' }), { code: 'API_NO_BODY' });
  await assert.rejects(tell(router, { ...call, method: 'DELETE' }), (error) => {
    assert.ok(error instanceof ApiRefusal && error instanceof ApiError);
    assert.equal(error.status, 403);
    assert.equal(error.said, 'not yours');
    return true;
  });
  await assert.rejects(tell(router, { ...call, method: 'PATCH' }), (error) => {
    assert.ok(error instanceof ApiRefusal);
    assert.equal(error.status, 500);
    assert.doesNotMatch(error.message, /secret detail/);
    return true;
  });
  assert.match(String(errors[0]), /secret detail/);
  await assert.rejects(tell(router, { ...call, method: 'GET', path: '/nope' }), {
    message: /status 400: unknown path/,
  });
  assert.equal(router.size, 1, 'temporary workers are gone');
});

test('a service answers others while one takes no answers', async () => {
  const router = new Router({
    clock: new VirtualClock(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    limits: { queueMessages: 4 },
  });
  const address = localAddress('service');
  let served = 0;
  startApiService(router, {
    address,
    incoming: allowAll,
    serve: () => ({ status: 200, body: Uint8Array.of(++served & 0xff) }),
    onError: (error) => assert.fail(String(error)),
  });
  const stuck = router.register({
    mailbox: { address: localAddress('stuck'), incoming: allowAll, outgoing: allowAll },
    handle: () => new Promise<void>(() => undefined),
  });
  const payload = encodeRequest({ id: 1, path: '/', method: 'GET', body: undefined });
  for (let i = 0; i < 200; i++) {
    void stuck.mailbox.send(localMessage([address], [localAddress('stuck')], payload));
    await settle();
  }
  assert.ok(served < 100, `${served} were served in vain`);
  const before = served;
  await ask(router, { onward: [address], method: 'GET', path: '/' });
  assert.equal(served, before + 1);
});

for (const concurrent of [false, true]) {
  test(`what is no request is the fault of who sent it, not of the service, ${concurrent ? '' : 'not '}concurrent`, async () => {
    const faults: unknown[] = [];
    const router = new Router({
      clock: new VirtualClock(),
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
      onWorkerError: (error) => faults.push(error),
    });
    const address = localAddress('service');
    startApiService(router, {
      address,
      incoming: allowAll,
      concurrent,
      serve: () => ({ status: 200 }),
      onError: (error) => assert.fail(String(error)),
    });
    const stranger = router.register({
      mailbox: { address: localAddress('stranger'), incoming: allowAll, outgoing: allowAll },
      handle: () => undefined,
    });
    for (const payload of [new Uint8Array(0), Uint8Array.of(1, 0xa0), Uint8Array.of(9, 1)]) {
      void stranger.mailbox.send(localMessage([address], [localAddress('stranger')], payload));
    }
    await settle();
    assert.equal(faults.length, 3);
    await tell(router, { onward: [address], method: 'POST', path: '/' });
  });
}
