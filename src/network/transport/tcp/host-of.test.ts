import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from './host-of.ts';

test('a host is an IPv4 address, in either form, or the /64 of an IPv6 address', () => {
  assert.equal(hostOf('192.0.2.7'), '192.0.2.7');
  assert.equal(hostOf('::ffff:192.0.2.7'), '192.0.2.7');
  assert.notEqual(hostOf('::ffff:192.0.2.7'), hostOf('::ffff:192.0.2.8'));
  assert.equal(hostOf('2001:db8:0:1::7'), hostOf('2001:db8:0:1:ffff::'));
  assert.notEqual(hostOf('2001:db8:0:1::7'), hostOf('2001:db8:0:2::7'));
  assert.equal(hostOf('fe80::1%eth0'), hostOf('fe80::2'));
  assert.equal(hostOf(undefined), '');
});
