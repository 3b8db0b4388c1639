import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSturdy } from '../../../../test/support/hostile.ts';
import { fromHex } from '../../../kernel/index.ts';
import { createAddress, localAddress } from './address.ts';
import {
  decodeBareRoute,
  decodeRoute,
  EMPTY_ROUTE,
  encodeBareRoute,
  encodeRoute,
  formatRoute,
  MAX_ROUTE_BYTES,
  MAX_ROUTE_HOPS,
  parseRoute,
  prepend,
  sameRoute,
} from './route.ts';
import { decodeTransportMessage, encodeTransportMessage } from './transport-message.ts';

test('text forms', () => {
  const route = parseRoute(' 1#127.0.0.1:4000=>  api ');
  assert.equal(formatRoute(route), '1#127.0.0.1:4000 => 0#api');
  assert.equal(formatRoute(EMPTY_ROUTE), '');
  for (const empty of ['', '   ']) assert.throws(() => parseRoute(empty), { code: 'ROUTING_INVALID_ROUTE' });
  assert.throws(() => parseRoute('a => 1#b#c'), { code: 'ROUTING_INVALID_ADDRESS' });
  assert.throws(() => parseRoute('a=>'.repeat(MAX_ROUTE_HOPS)), { code: 'ROUTING_INVALID_ROUTE' });
});

test('prepending leaves the route as it was', () => {
  const route = parseRoute('b => c');
  assert.equal(formatRoute(prepend(localAddress('a'), route)), '0#a => 0#b => 0#c');
  assert.equal(route.length, 2);
  assert.ok(sameRoute(route, parseRoute('0#b=>0#c')));
  assert.ok(!sameRoute(route, parseRoute('b')));
  assert.ok(!sameRoute(route, parseRoute('b => 1#c')));
});

test('CBOR and BARE round trips, the empty route included', () => {
  for (const route of [EMPTY_ROUTE, parseRoute('a'), parseRoute('1#h:1 => 255#x => y')]) {
    assert.ok(sameRoute(decodeRoute(encodeRoute(route)), route));
    assert.ok(sameRoute(decodeBareRoute(encodeBareRoute(route)), route));
  }
});

test('hostile bytes give a coded error or a route', () => {
  const route = parseRoute('1#127.0.0.1:4000 => api');
  assertSturdy(encodeRoute(route), decodeRoute);
  assertSturdy(encodeBareRoute(route), decodeBareRoute);
});

test('routes are bounded in bytes, too', () => {
  const hop = createAddress(0, new Uint8Array(1024).fill(97));
  const most = Array.from({ length: MAX_ROUTE_BYTES / 1024 }, () => hop);
  assert.equal(decodeRoute(encodeRoute(most)).length, most.length);
  assert.equal(decodeBareRoute(encodeBareRoute(most)).length, most.length);
  const long = [...most, localAddress('a')];
  assert.throws(() => decodeRoute(encodeRoute(long)), { code: 'ROUTING_INVALID_ROUTE' });
  assert.throws(() => decodeBareRoute(encodeBareRoute(long)), { code: 'ROUTING_INVALID_ROUTE' });
  // Short addresses, which are read straight from the bytes.
  const many = Array.from({ length: 40 }, (_, i) => createAddress(0, new Uint8Array(64).fill(i)));
  for (const route of [many, long]) {
    const message = { onward: [localAddress('a')], return: route, payload: new Uint8Array(1) };
    assert.throws(() => decodeTransportMessage(encodeTransportMessage(message)), { code: 'ROUTING_INVALID_ROUTE' });
  }
});

test('routes are bounded', () => {
  const hops = Array.from({ length: MAX_ROUTE_HOPS + 1 }, () => localAddress('a'));
  assert.equal(decodeRoute(encodeRoute(hops.slice(1))).length, MAX_ROUTE_HOPS);
  assert.throws(() => decodeRoute(encodeRoute(hops)), { code: 'CBOR_TOO_LONG' });
  assert.throws(() => decodeBareRoute(encodeBareRoute(hops)), { code: 'ROUTING_INVALID_ROUTE' });
  assert.throws(() => decodeRoute(fromHex('9bffffffffffffffff')), { code: 'CBOR_TRUNCATED' });
  assert.throws(() => decodeBareRoute(fromHex('ffffffffffffffffff01')), { code: 'BARE_OUT_OF_RANGE' });
});
