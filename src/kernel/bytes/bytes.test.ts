import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compare, concat, EMPTY, equal, fromHex, fromUtf8, toHex, utf8 } from './bytes.ts';

const bytes = fc.uint8Array({ maxLength: 40 });

test('hex goes there and back, either case', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      const hex = toHex(value);
      assert.equal(hex, Buffer.from(value).toString('hex'));
      assert.deepEqual(fromHex(hex), value);
      assert.deepEqual(fromHex(hex.toUpperCase()), value);
    }),
  );
});

test('what is no hex is refused, and a secret with a typing mistake is not shown', () => {
  const cases = [
    ['0', /odd number of digits \(1\)/],
    ['0x00', /character 2/],
    ['00 11', /character 3/],
    ['5ecre7', /character 4/],
  ] as const;
  for (const [text, message] of cases) {
    assert.throws(
      () => fromHex(text),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'BYTES_INVALID_HEX');
        assert.match(error.message, message);
        assert.ok(!`${error.message}${String(error.cause)}`.includes('5ecre7'));
        return true;
      },
    );
  }
});

test('text goes there and back, short and long, ASCII and not', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      assert.deepEqual(utf8(text), new Uint8Array(Buffer.from(text)));
      assert.equal(fromUtf8(utf8(text)), text);
    }),
  );
});

test('a byte order mark and control characters are kept', () => {
  assert.equal(fromUtf8(fromHex('efbbbf41')), '\ufeffA');
  assert.equal(fromUtf8(fromHex('00417f')), '\u0000A\u007f');
});

test('a lone surrogate becomes U+FFFD', () => {
  assert.equal(toHex(utf8('a\ud800')), '61efbfbd');
});

test('bytes that are no UTF-8 are refused', () => {
  // A continuation alone, an overlong slash, a surrogate, a value above U+10FFFF, a cut sequence, one in a longer text.
  for (const hex of ['80', 'c0af', 'eda080', 'f4908080', 'e6b0', `${'61'.repeat(20)}ff`]) {
    assert.throws(() => fromUtf8(fromHex(hex)), { code: 'BYTES_INVALID_UTF8' });
  }
});

test('concat joins copies', () => {
  const a = fromHex('0102');
  const joined = concat(a, EMPTY, fromHex('03'));
  assert.equal(toHex(joined), '010203');
  joined[0] = 9;
  assert.equal(toHex(a), '0102');
  assert.equal(concat().length, 0);
});

test('equal and compare agree with Buffer.compare', () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      assert.equal(Math.sign(compare(a, b)), Buffer.compare(a, b));
      assert.equal(equal(a, b), Buffer.compare(a, b) === 0);
      assert.ok(equal(a, a.slice()) && compare(a, a.slice()) === 0);
    }),
  );
});
