import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type CborValue, encodeValue, readValue } from '../../test/support/cbor-value.ts';
import { codeOf } from '../../test/support/hostile.ts';
import { BareReader, BareWriter } from './bare/index.ts';
import { fromHex, toHex } from './bytes/index.ts';
import { CborReader } from './cbor/index.ts';

const page = readFileSync(new URL('../../docs/protocol/encoding.md', import.meta.url), 'utf8');

/** The tables of a section of the page, each a list of rows without heading. */
function tablesOf(heading: string): string[][][] {
  const section = page.split(/^#{2,3} /m).find((text) => text.startsWith(`${heading} `));
  assert.ok(section !== undefined, heading);
  return [...section.matchAll(/(?:^\|.*\n)+/gm)].map(([table]) =>
    table
      .trim()
      .split('\n')
      .slice(2)
      .map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim().replaceAll('`', '')),
      ),
  );
}

/** Diagnostic notation of `value`, RFC 8949 §8. */
function diagnostic(value: CborValue): string {
  if (value instanceof Uint8Array) return `h'${toHex(value)}'`;
  if (value instanceof Map) {
    return `{${[...value].map(([key, item]) => `${diagnostic(key)}: ${diagnostic(item)}`).join(', ')}}`;
  }
  if (value === null) return 'null';
  if (typeof value === 'object') return `[${[...value].map(diagnostic).join(', ')}]`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

const [written, lenient, refused] = tablesOf('1.3') as [string[][], string[][], string[][]];

for (const [value = '', hex = ''] of written) {
  test(`encoding.md §1.3: ${value} is written and read`, () => {
    const read = readValue(new CborReader(fromHex(hex)));
    assert.equal(diagnostic(read), value);
    assert.equal(toHex(encodeValue(read)), hex);
  });
}

for (const [value = '', hex = ''] of lenient) {
  test(`encoding.md §1.3: ${hex} is read`, () => {
    const read = readValue(new CborReader(fromHex(hex)));
    assert.equal(diagnostic(read), value);
    assert.notEqual(toHex(encodeValue(read)), hex);
  });
}

for (const [code, hex = ''] of refused) {
  test(`encoding.md §1.3: ${hex} is refused`, () =>
    assert.equal(
      codeOf(() => readValue(new CborReader(fromHex(hex)))),
      code,
    ));
}

for (const [value = '', hex = ''] of tablesOf('2.2')[0] ?? []) {
  test(`encoding.md §2.2: ${value}`, () => {
    const [kind, content = ''] = value.split(' ');
    const reader = new BareReader(fromHex(hex));
    const writer = new BareWriter();
    if (kind === 'uint') {
      assert.equal(reader.uint64(), BigInt(content));
      writer.uint(BigInt(content));
    } else if (kind === 'text') {
      assert.equal(reader.string(), content);
      writer.string(content);
    } else {
      assert.equal(toHex(reader.data()), content);
      writer.data(fromHex(content));
    }
    assert.equal(reader.remaining, 0);
    assert.equal(toHex(writer.finish()), hex);
  });
}

test('the tables of examples are there', () => {
  assert.deepEqual([written.length, lenient.length, refused.length, tablesOf('2.2')[0]?.length], [13, 4, 6, 7]);
});
