import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { compare, fromHex, fromUtf8, toHex, utf8 } from '../../kernel/index.ts';
import {
  type Attributes,
  attributesOf,
  attributeTexts,
  MAX_ATTRIBUTES,
  readAttributes,
  sameAttributes,
  writeAttributes,
} from './attributes.ts';

function encode(attributes: Attributes): Uint8Array {
  const writer = new CborWriter(8);
  writeAttributes(writer, attributes);
  return writer.finish();
}

const decode = (bytes: Uint8Array): Attributes => readAttributes(new CborReader(bytes));
const entries = fc
  .array(
    fc.record(
      { name: fc.uint8Array({ maxLength: 6 }), value: fc.uint8Array({ maxLength: 6 }) },
      { noNullPrototype: true },
    ),
    {
      maxLength: 12,
    },
  )
  .map((all) => [...new Map(all.map((one) => [toHex(one.name), one])).values()]);

suite('attributes', () => {
  test('are written in bytewise order of names, not by their length', () => {
    const attributes = attributesOf({ b: '1', aa: '2', a: '3', '': '4' });
    assert.equal(toHex(encode(attributes)), '8201a440413441614133426161413241624131');
  });

  test('come back from any order, the last of equal names counting', () => {
    assert.deepEqual(decode(fromHex('8201a2416241314161413 2'.replace(' ', ''))), attributesOf({ a: '2', b: '1' }));
    assert.deepEqual(decode(fromHex('8201bf416141314161 4132ff'.replace(' ', ''))), attributesOf({ a: '2' }));
  });

  test('round trip, whatever their bytes and their order', () => {
    fc.assert(
      fc.property(entries, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (all, schema) => {
        const decoded = decode(encode({ schema, entries: all }));
        const sorted = all.toSorted((a, b) => compare(a.name, b.name));
        assert.deepEqual(decoded, { schema, entries: sorted });
        assert.ok(sameAttributes(decoded, { schema, entries: sorted }));
        assert.deepEqual(encode(decoded), encode({ schema, entries: all.toReversed() }));
      }),
    );
  });

  test('are text for policies where they are text', () => {
    const binary = { name: Uint8Array.of(0xff), value: utf8('x') };
    const half = { name: utf8('half'), value: Uint8Array.of(0xc3) };
    const attributes = attributesOf(new Map([['größe', 'über']]));
    const texts = attributeTexts({ ...attributes, entries: [...attributes.entries, binary, half] });
    assert.deepEqual([...texts], [['größe', 'über']]);
    assert.equal(fromUtf8(attributes.entries[0]!.name), 'größe');
  });

  test('of odd names are no danger', () => {
    const attributes = attributesOf(JSON.parse('{"__proto__": "a", "constructor": "b"}') as Record<string, string>);
    assert.deepEqual(
      [...attributeTexts(attributes)],
      [
        ['__proto__', 'a'],
        ['constructor', 'b'],
      ],
    );
  });

  test('are equal by schema, names and values', () => {
    const one = attributesOf({ a: '1' });
    assert.ok(sameAttributes(one, attributesOf({ a: '1' })));
    for (const other of [
      attributesOf({ a: '2' }),
      attributesOf({ b: '1' }),
      attributesOf({}),
      attributesOf({ a: '1', b: '2' }),
      attributesOf({ a: '1' }, 2n),
    ]) {
      assert.ok(!sameAttributes(one, other));
    }
  });

  test('are bounded in number, when made and when read', () => {
    const pairs = new Map(Array.from({ length: MAX_ATTRIBUTES + 1 }, (_, index) => [`${index}`, '']));
    assert.throws(() => attributesOf(pairs), RangeError);
    const writer = new CborWriter().array(2).uint(1).map(pairs.size);
    for (const name of pairs.keys()) writer.bytes(utf8(name)).bytes(utf8(''));
    assert.throws(() => decode(writer.finish()), { code: 'CBOR_TOO_LONG' });
  });

  test('of other types are refused', () => {
    for (const hex of [
      '8201a161614131',
      '8201a141616131',
      '8201a14161f6',
      '820180',
      '8101',
      '820141',
      '82f6a0',
      '8220a0',
    ]) {
      assert.throws(() => decode(fromHex(hex)), { name: 'CborError' }, hex);
    }
  });
});
