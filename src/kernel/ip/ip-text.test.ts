import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIp6, parseIp6 } from './index.ts';

test('IPv6 text agrees with the platform', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const bytes = parseIp6(text);
      assert.ok(bytes, text);
      const canonical = formatIp6(bytes);
      assert.deepEqual(parseIp6(canonical), bytes);
      const hex = (value: string): string => new URL(`http://[${value}]`).hostname;
      assert.equal(hex(canonical), hex(text));
      if (!canonical.includes('.')) assert.equal(`[${canonical}]`, hex(text));
    }),
  );
  for (const bad of [
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    '1.2.3.4::',
    '::1.2.3',
    'g::',
    '1:2:3:4:5:6:7:8::',
  ]) {
    assert.equal(parseIp6(bad), undefined, bad);
  }
});
