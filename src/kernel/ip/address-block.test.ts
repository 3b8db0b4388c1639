import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressBlock, formatIp6 } from './index.ts';

test('an IPv4 host is its address, an IPv6 host its /64', () => {
  for (const [text, block] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::ffff:c000:207', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['::1', '::/64'],
    ['', ''],
    [undefined, ''],
    ['/run/socket', '/run/socket'],
    ['not:an:address', 'not:an:address'],
  ] as const) {
    assert.equal(addressBlock(text), block);
  }
});

test('two IPv6 hosts are one exactly when their first 64 bits agree', () => {
  const half = fc.uint8Array({ minLength: 8, maxLength: 8 });
  // IPv4-mapped addresses begin with 64 zero bits, and are hosts of their own.
  const network = half.filter((bytes) => bytes.some((byte) => byte !== 0));
  fc.assert(
    fc.property(network, half, half, fc.nat(63), (bytes, one, other, bit) => {
      const changed = bytes.with(bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7)));
      const text = (first: Uint8Array, rest: Uint8Array): string => formatIp6(Uint8Array.of(...first, ...rest));
      const block = addressBlock(text(bytes, one));
      assert.equal(addressBlock(text(bytes, other)), block);
      assert.equal(addressBlock(`${text(bytes, other)}%eth0`), block);
      if (changed.some((byte) => byte !== 0)) assert.notEqual(addressBlock(text(changed, one)), block);
    }),
  );
});
