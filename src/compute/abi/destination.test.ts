import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BareHost, IDENT, bareHost } from '../../../test/support/host-binding.ts';
import { fromUtf8, utf8 } from '../../kernel/index.ts';
import type { CapabilityAnswer } from '../capability/index.ts';
import { destinationFunctions } from './destination.ts';

const TARGET = 40_000;

/** The functions as the engine calls them. */
function all(host: BareHost): Record<string, (...args: number[]) => unknown> {
  return destinationFunctions(host.binding);
}

function written(host: BareHost, length: number): string {
  return fromUtf8(host.binding.memory.copy(TARGET, length)!);
}

test('a value that fits is written and its length returned', async () => {
  const host = bareHost({ answer: () => ({ ok: true, value: utf8('hello') }) });
  const functions = all(host);
  assert.equal(await functions['cache_get/5']!(...host.put('k'), TARGET, 5, IDENT), 5);
  assert.equal(written(host, 5), 'hello');
  assert.equal(await functions['fetch/5']!(...host.put('u'), TARGET, 100, IDENT), 5);
  assert.equal(await functions['get_static_file/5']!(...host.put('f'), TARGET, 100, IDENT), 5);
  assert.deepEqual(
    host.asks.map((ask) => ask.capability),
    ['cacheGet', 'fetch', 'staticFile'],
  );
});

test('a value that does not fit is kept for the same call with more room', async () => {
  const host = bareHost({ answer: () => ({ ok: true, value: utf8('hello') }) });
  const post = all(host)['fetch_url/8']!;
  const url = host.put('u');
  const body = host.put('body');
  host.binding.memory.write(TARGET, utf8('-----'));
  assert.equal(await post(2, ...url, ...body, TARGET, 4, IDENT), 5);
  assert.equal(written(host, 5), '-----');
  assert.equal(await post(2, ...url, ...body, TARGET, 5, IDENT), 5);
  assert.equal(written(host, 5), 'hello');
  assert.equal(host.asks.length, 1);
  // Once it was delivered, the same arguments are a new request.
  assert.equal(await post(2, ...url, ...body, TARGET, 5, IDENT), 5);
  assert.equal(host.asks.length, 2);
});

test('what was kept serves no other arguments', async () => {
  const host = bareHost({ answer: () => ({ ok: true, value: utf8('hello') }) });
  const post = all(host)['fetch_url/8']!;
  const url = host.put('u');
  await post(2, ...url, ...host.put('a'), TARGET, 0, IDENT);
  await post(2, ...url, ...host.put('b'), TARGET, 9, IDENT);
  await post(2, ...url, ...host.put('a'), TARGET, 9, IDENT);
  assert.equal(host.asks.length, 3);
});

test('old method numbers; unknown ones and broken headers are −2', async () => {
  const host = bareHost({ answer: () => ({ ok: true, value: utf8('x') }) });
  const fetch = all(host)['fetch_url/8']!;
  for (const method of [1, 2, 3, 4]) await fetch(method, ...host.put('u'), 0, 0, TARGET, 9, IDENT);
  assert.deepEqual(
    host.asks.map((ask) => ask.capability === 'fetch' && ask.request.method),
    ['GET', 'POST', 'PATCH', 'DELETE'],
  );
  assert.equal(await fetch(9, ...host.put('u'), 0, 0, TARGET, 9, IDENT), -2);
  assert.equal(await fetch(1, ...host.put('u::x'), 0, 0, TARGET, 9, IDENT), -2);
});

test('an error page is content, other failures are numbers', async () => {
  let answer: CapabilityAnswer = { ok: false, message: '404: not\nhere', reason: 'failed' };
  const host = bareHost({ answer: () => answer });
  const functions = all(host);
  const fetch = (): unknown => functions['fetch_url/8']!(1, ...host.put('u'), 0, 0, TARGET, 99, IDENT);
  const file = (): unknown => functions['get_static_file/5']!(...host.put('f'), TARGET, 99, IDENT);
  assert.equal(await fetch(), 8);
  assert.equal(written(host, 8), 'not\nhere');
  assert.equal(await file(), -4);
  answer = { ok: false, message: 'capability is not enabled', reason: 'refused' };
  assert.equal(await fetch(), -3);
  assert.equal(await file(), -2);
  answer = { ok: false, message: 'file does not exist', reason: 'missing' };
  assert.equal(await file(), -3);
  assert.equal(await functions['cache_get/5']!(...host.put('k'), TARGET, 9, IDENT), -2);
});

test('request fields: found, missing, unknown, without a request', () => {
  const request = {
    method: 'GET',
    url: '/',
    id: '1',
    body: new Uint8Array(0),
    headers: new Map([['a', 'value']]),
    params: new Map(),
    state: new Map(),
    responseHeaders: new Map(),
  };
  const host = bareHost({ request });
  const get = all(host)['request_get_field/6']!;
  assert.equal(get(2, ...host.put('A'), TARGET, 9, IDENT), 5);
  assert.equal(written(host, 5), 'value');
  assert.equal(get(2, ...host.put('b'), TARGET, 9, IDENT), -3);
  assert.equal(get(9, ...host.put('b'), TARGET, 9, IDENT), -4);
  const unbound = bareHost();
  assert.equal(all(unbound)['request_get_field/6']!(2, 0, 0, TARGET, 9, IDENT), -2);
  const refused = bareHost({ request, grants: { get: false, set: false, responseHeaders: false } });
  assert.equal(all(refused)['request_get_field/6']!(2, 0, 0, TARGET, 9, IDENT), -4);
});

test('pointers outside of the memory and forged idents are −1', async () => {
  const host = bareHost({ answer: () => ({ ok: true, value: utf8('hello') }) });
  const functions = all(host);
  assert.equal(await functions['cache_get/5']!(...host.put('k'), 65_534, 99, IDENT), -1);
  assert.equal(await functions['cache_get/5']!(70_000, 1, TARGET, 99, IDENT), -1);
  assert.equal(await functions['cache_get/5']!(...host.put('k'), TARGET, 99, IDENT + 1), -1);
  functions['print/3']!(...host.put('said'), IDENT);
  functions['print/3']!(70_000, 1, IDENT);
  assert.deepEqual(host.logs, ['info: said']);
});
