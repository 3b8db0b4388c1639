import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressBlock } from './index.ts';

test('an IPv4 host is its address, an IPv6 host its /64', () => {
  for (const [text, block] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['::1', '::/64'],
    ['', ''],
    ['/run/socket', '/run/socket'],
  ] as const) {
    assert.equal(addressBlock(text), block);
  }
});
