import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { tableOf } from '../../../../test/support/capability-tables.ts';
import { formatIp, type IpAddress, parseIp } from '../../../kernel/ip/index.ts';
import { type IpNetwork, networkContains, parseNetwork } from './ip-network.ts';
import { classifyAddress, embeddedAddresses } from './special-addresses.ts';

const TABLE = tableOf('3.4', 'Class').map(([name, four, six]) => ({
  purpose: name!.replace(' ●', ''),
  networks: [...four!.split(', '), ...six!.split(', ')].flatMap((text) => parseNetwork(text) ?? []),
}));

function edges(network: IpNetwork): IpAddress[] {
  const last = network.bytes.map((byte, i) => {
    const kept = Math.min(8, Math.max(0, network.prefix - i * 8));
    return byte | (0xff >> kept);
  });
  return [network, { family: network.family, bytes: last }];
}

test('every network of the specification has its class, from its first address to its last', () => {
  const all = TABLE.flatMap(({ purpose, networks }) => networks.map((network) => ({ purpose, network })));
  assert.equal(all.length, 47);
  for (const { purpose, network } of all) {
    for (const address of edges(network)) {
      const narrower = all
        .filter((other) => networkContains(other.network, address))
        .sort((a, b) => b.network.prefix - a.network.prefix);
      assert.equal(classifyAddress(address), narrower[0]!.purpose, formatIp(address));
    }
    assert.ok(all.some((other) => other.purpose === purpose));
  }
});

test('an address outside the table is public, and in IPv6 only inside 2000::/3', () => {
  const networks = TABLE.flatMap((row) => row.networks);
  fc.assert(
    fc.property(fc.constantFrom(4, 6), fc.uint8Array({ minLength: 16, maxLength: 16 }), (family, noise) => {
      const address = parseIp(formatIp({ family, bytes: noise.slice(0, family === 4 ? 4 : 16) }))!;
      const listed = networks.some((network) => networkContains(network, address));
      const global = address.family === 4 || address.bytes[0]! >> 5 === 1;
      assert.equal(classifyAddress(address) === 'public', global && !listed, formatIp(address));
    }),
    { numRuns: 3000 },
  );
});

test('neighbours of closed networks are open', () => {
  for (const text of [
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2001:200::',
    '2001:db7:ffff::',
    '2003::',
    '2620:4f:8001::',
    '3ffe::',
    '3fff:1000::',
  ]) {
    assert.equal(classifyAddress(parseIp(text)!), 'public', text);
  }
});

test('worked addresses: class and addresses inside', () => {
  const rows = tableOf('3.4', 'Worked address');
  assert.equal(rows.length, 11);
  for (const [text = '', purpose, inside] of rows) {
    const address = parseIp(text)!;
    assert.equal(classifyAddress(address), purpose, text);
    assert.equal(embeddedAddresses(address).map(formatIp).join(', '), inside, text);
  }
});

test('a local NAT64 prefix of any length shows the address inside', () => {
  const places = [
    [6, 7, 9, 10],
    [7, 9, 10, 11],
    [9, 10, 11, 12],
    [12, 13, 14, 15],
  ];
  for (const positions of places) {
    const bytes = Uint8Array.from([0, 0x64, 0xff, 0x9b, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for (const [index, byte] of [169, 254, 169, 254].entries()) bytes[positions[index]!] = byte;
    assert.ok(embeddedAddresses({ family: 6, bytes }).map(formatIp).includes('169.254.169.254'), positions.join());
  }
});
