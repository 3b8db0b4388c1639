import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIp, parseIp } from './ip-address.ts';

const READ: readonly (readonly [text: string, canonical: string])[] = [
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['FE80::0001', 'fe80::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::ffff:127.0.0.1', '127.0.0.1'],
  ['::FFFF:7f00:1', '127.0.0.1'],
  ['0:0:0:0:0:ffff:a9fe:a9fe', '169.254.169.254'],
  ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
];

const REFUSED = [
  '',
  ' ',
  '1.2.3.4 ',
  ' ::1',
  ...'1 1.2.3 1.2.3.4.5 1.2.3.4. .1.2.3.4 1..2.3 1.2.3.256 1.2.3.-1 1.2.3.+4 1.2.3.1e1 １.2.3.4'.split(' '),
  ...'01.2.3.4 1.2.3.04 0177.0.0.1 0x7f.0.0.1 0x7f000001 2130706433 127.1 [::1] ::1/128'.split(' '),
  ...': ::: 1:::2 ::1:: 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 1:2:3:4:5:6:7:8:: ::1:2:3:4:5:6:7:8 :1:2:3:4:5:6:7'.split(' '),
  ...'12345:: g:: ::1%eth0 fe80::1%25lo ::1.2.3 ::01.2.3.4 1.2.3.4:: ::1.2.3.4:5 1:2:3:4:5:6:7:1.2.3.4'.split(' '),
];

test('addresses are read and written in one form', () => {
  for (const [text, canonical] of READ) {
    const address = parseIp(text);
    assert.ok(address, text);
    assert.equal(formatIp(address), canonical, text);
    assert.deepEqual(parseIp(canonical), address, text);
  }
});

test('every lenient spelling is refused', () => {
  for (const text of REFUSED) assert.equal(parseIp(text), undefined, JSON.stringify(text));
});

test('what is read is what the socket layer reads, and the text is the URL parser’s', () => {
  const octets = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(octets, fc.uint8Array({ minLength: 8, maxLength: 8 }), (bytes, zeroes) => {
      const groups = Array.from({ length: 8 }, (_, i) =>
        zeroes[i]! < 128 ? 0 : (bytes[2 * i]! << 8) | bytes[2 * i + 1]!,
      );
      const long = groups.map((group) => group.toString(16)).join(':');
      const address = parseIp(long);
      assert.ok(address);
      if (address.family === 4) return;
      const text = formatIp(address);
      assert.equal(`[${text}]`, new URL(`http://[${long}]/`).hostname);
      assert.deepEqual(parseIp(text), address);
    }),
  );
});

test('any text is either refused or accepted by the socket layer too', () => {
  const pieces = fc.constantFrom(
    '0',
    '1',
    '7f',
    'ffff',
    '255',
    '256',
    '01',
    ':',
    '::',
    '.',
    '%',
    'g',
    '127.0.0.1',
    '[',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 18 }), (parts) => {
      const text = parts.join('');
      assert.equal(parseIp(text) !== undefined, isIP(text) !== 0 && !text.includes('%'), text);
    }),
    { numRuns: 2000 },
  );
});
