import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteFlips, codeOf, truncations } from '../../../../test/support/hostile.ts';
import { CborReader, CborWriter } from '../../../kernel/cbor/index.ts';
import { fromHex } from '../../../kernel/index.ts';
import {
  decodeMultiAddr,
  encodeMultiAddr,
  formatMultiAddr,
  parseMultiAddr,
  readMultiAddr,
  writeMultiAddr,
} from './multi-addr.ts';

test('text rules', () => {
  for (const [text, canonical] of [
    ['/ip4/127.0.0.1/tcp/4000/service/echo', '/ip4/127.0.0.1/tcp/4000/service/echo'],
    ['service/echo', '/service/echo'],
    ['/service', '/service/'],
    ['/service/', '/service/'],
    ['/service//secure/api', '/service//secure/api'],
    ['/tcp/0080', '/tcp/80'],
    ['/ip6/0:0::1/tcp/1', '/ip6/::1/tcp/1'],
    ['/ip6/::ffff:1.2.3.4', '/ip6/::ffff:1.2.3.4'],
    ['/dnsaddr/Exämple/tcp/65535', '/dnsaddr/Exämple/tcp/65535'],
    ['/project/p/space/s/node/n/worker/w', '/project/p/space/s/node/n/worker/w'],
    ['', ''],
  ] as const) {
    const parsed = parseMultiAddr(text);
    assert.equal(formatMultiAddr(parsed), canonical);
    assert.deepEqual(parseMultiAddr(canonical), parsed);
    assert.deepEqual(decodeMultiAddr(encodeMultiAddr(parsed)), parsed);
  }
  for (const bad of [
    '/',
    '/service/x/',
    '/udp/1',
    '/ws/x',
    '/dns4/x',
    '/toString/x',
    '/tcp/',
    '/tcp/65536',
    '/tcp/-1',
    '/tcp/1x',
    '/ip4/1.2.3',
    '/ip4/01.2.3.4',
    '/ip4/1.2.3.256',
    '/ip6/1.2.3.4',
    '/ip6/::1%eth0',
    '/ip6/[::1]',
    `/service/${'x'.repeat(5000)}`,
    '/service/x'.repeat(65),
  ]) {
    assert.throws(() => parseMultiAddr(bad), { code: 'ROUTING_INVALID_MULTI_ADDR' }, bad);
  }
});

test('CBOR is a byte string of the binary form', () => {
  const multiAddr = parseMultiAddr('/secure/api');
  const writer = new CborWriter();
  writeMultiAddr(writer, multiAddr);
  assert.deepEqual(readMultiAddr(new CborReader(writer.finish())), multiAddr);
});

test('hostile bytes give a coded error or an address', () => {
  const bytes = encodeMultiAddr(parseMultiAddr('/ip6/::1/tcp/4000/secure/api/service/outlet'));
  for (const hostile of [...truncations(bytes), ...byteFlips(bytes)]) {
    codeOf(() => decodeMultiAddr(hostile), 'ROUTING_INVALID_MULTI_ADDR');
  }
  for (const hex of ['05', '04010203', '06ff', '38ff', '38ffffffffffffffffff01', 'bee80301ff', 'bee803022f2f']) {
    assert.throws(() => decodeMultiAddr(fromHex(hex)), { code: 'ROUTING_INVALID_MULTI_ADDR' }, hex);
  }
  assert.throws(() => decodeMultiAddr(new Uint8Array(5000)), { code: 'ROUTING_INVALID_MULTI_ADDR' });
  assert.throws(() => decodeMultiAddr(fromHex('bee80300'.repeat(65))), { code: 'ROUTING_INVALID_MULTI_ADDR' });
});
