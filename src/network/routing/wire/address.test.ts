import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertSturdy } from '../../../../test/support/hostile.ts';
import { BareReader, BareWriter } from '../../../kernel/bare/index.ts';
import { CborReader, CborWriter } from '../../../kernel/cbor/index.ts';
import { fromHex, toHex } from '../../../kernel/index.ts';
import {
  addressName,
  createAddress,
  formatAddress,
  localAddress,
  MAX_ADDRESS_BYTES,
  parseAddress,
  randomAddress,
  readAddress,
  readBareAddress,
  recallAddress,
  sameAddress,
  writeAddress,
  writeBareAddress,
} from './address.ts';

const anyAddress = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 80 }))
  .map(([type, bytes]) => createAddress(type, bytes));

test('addresses are the same exactly when type and bytes are', () => {
  assert.ok(sameAddress(localAddress('echo'), createAddress(0, fromHex('6563686f'))));
  assert.ok(!sameAddress(localAddress('echo'), createAddress(1, fromHex('6563686f'))));
  assert.ok(!sameAddress(localAddress('echo'), localAddress('Echo')));
  assert.notEqual(createAddress(0, fromHex('01')).key, createAddress(1, fromHex('')).key);
  fc.assert(
    fc.property(anyAddress, anyAddress, (a, b) => {
      assert.equal(sameAddress(a, b), a.type === b.type && toHex(a.bytes) === toHex(b.bytes));
    }),
  );
});

test('an address keeps its own copy of the bytes', () => {
  const bytes = fromHex('6162');
  const created = createAddress(0, bytes);
  const recalled = recallAddress(0, bytes, 0, 2);
  bytes.fill(0);
  assert.equal(addressName(created), 'ab');
  assert.equal(addressName(recalled), 'ab');
});

test('recalling gives an equal address whatever was recalled before', () => {
  fc.assert(
    fc.property(anyAddress, fc.nat(5), (address, offset) => {
      const source = new Uint8Array(address.bytes.length + offset + 3).fill(7);
      source.set(address.bytes, offset);
      const recalled = recallAddress(address.type, source, offset, offset + address.bytes.length);
      assert.deepEqual(recalled, address);
    }),
    { numRuns: 3000 },
  );
});

test('text forms', () => {
  assert.equal(formatAddress(parseAddress('echo')), '0#echo');
  assert.equal(formatAddress(parseAddress('0#echo')), '0#echo');
  const tcp = parseAddress('1#127.0.0.1:4000');
  assert.equal(tcp.type, 1);
  assert.equal(addressName(tcp), '127.0.0.1:4000');
  assert.equal(formatAddress(tcp), '1#127.0.0.1:4000');
  assert.equal(formatAddress(createAddress(9, fromHex('ff00'))), '9#0xff00');
  for (const bad of ['1#a#b', '256#a', '-1#a', 'x#a', '#a', '0x1#a', ' 1#a', '1.0#a']) {
    assert.throws(() => parseAddress(bad), { code: 'ROUTING_INVALID_ADDRESS' }, bad);
  }
});

test('a type or a length out of range is refused', () => {
  for (const type of [-1, 256, 1.5, Number.NaN]) {
    assert.throws(() => createAddress(type, new Uint8Array(1)), { code: 'ROUTING_INVALID_ADDRESS' });
  }
  assert.equal(createAddress(0, new Uint8Array(MAX_ADDRESS_BYTES)).key.length, MAX_ADDRESS_BYTES + 1);
  assert.throws(() => createAddress(0, new Uint8Array(MAX_ADDRESS_BYTES + 1)), { code: 'ROUTING_INVALID_ADDRESS' });
});

test('a random address is 32 hex characters', () => {
  const address = randomAddress((length) => new Uint8Array(length).fill(0xab));
  assert.equal(formatAddress(address), `0#${'ab'.repeat(16)}`);
});

test('CBOR and BARE round trips', () => {
  fc.assert(
    fc.property(anyAddress, (address) => {
      const cbor = new CborWriter();
      writeAddress(cbor, address);
      assert.deepEqual(readAddress(new CborReader(cbor.finish())), address);
      const bare = new BareWriter();
      writeBareAddress(bare, address);
      assert.deepEqual(readBareAddress(new BareReader(bare.finish())), address);
    }),
  );
});

test('hostile bytes give a coded error or an address', () => {
  assertSturdy(fromHex('8200446563686f'), (bytes) => readAddress(new CborReader(bytes)));
  assertSturdy(fromHex('00046563686f'), (bytes) => readBareAddress(new BareReader(bytes)));
  assert.throws(() => readAddress(new CborReader(fromHex('8219010041aa'))), { code: 'CBOR_OUT_OF_RANGE' });
});
