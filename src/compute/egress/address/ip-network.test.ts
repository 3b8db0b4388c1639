import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIp, type IpAddress, parseIp } from '../../../kernel/ip/index.ts';
import { formatNetwork, isSingleAddress, networkContains, parseNetwork } from './ip-network.ts';

/** The naive way: addresses as numbers. */
function asNumber({ bytes }: IpAddress): bigint {
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

test('networks are read strictly', () => {
  for (const text of ['10.0.0.0/8', '0.0.0.0/0', '::/0', 'fd00::/8', '169.254.169.254/32', '2001:db8::/33']) {
    const network = parseNetwork(text);
    assert.ok(network, text);
    assert.equal(formatNetwork(network), text);
  }
  for (const text of [
    '',
    '/',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.1/8',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/8 ',
    '10/8',
    '::1/64',
    '::/129',
    '::ffff:10.0.0.0/104',
    '10.0.0.0/8/8',
    'example.com/8',
  ]) {
    assert.equal(parseNetwork(text), undefined, text);
  }
});

test('an address without prefix is a network of one', () => {
  const network = parseNetwork('fd00:ec2::254');
  assert.ok(network);
  assert.equal(formatNetwork(network), 'fd00:ec2::254/128');
  assert.equal(isSingleAddress(network), true);
  assert.equal(isSingleAddress(parseNetwork('10.0.0.0/31')!), false);
});

test('containment agrees with arithmetic', () => {
  const length = fc.constantFrom(4, 16);
  fc.assert(
    fc.property(
      length,
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.nat(128),
      fc.nat(128),
      (size, noise, prefix, flip) => {
        const bits = size * 8;
        const prefixBits = prefix % (bits + 1);
        const bytes = noise.slice(0, size);
        const base = bytes.map((byte, i) => byte & (0xff << Math.min(8, Math.max(0, (i + 1) * 8 - prefixBits))) & 0xff);
        const other = bytes.slice();
        if (flip < bits) other[flip >> 3]! ^= 0x80 >> (flip & 7);
        const family = size === 4 ? 4 : 6;
        const network = parseNetwork(`${formatIp({ family, bytes: base })}/${prefixBits}`);
        if (network === undefined || network.family !== family) return;
        const shift = BigInt(bits - prefixBits);
        const address = { family, bytes: other } as const;
        assert.equal(networkContains(network, address), asNumber(address) >> shift === asNumber(network) >> shift);
      },
    ),
    { numRuns: 1000 },
  );
});

test('families never contain each other', () => {
  assert.equal(networkContains(parseNetwork('::/0')!, parseIp('10.0.0.1')!), false);
  assert.equal(networkContains(parseNetwork('0.0.0.0/0')!, parseIp('::1')!), false);
});
