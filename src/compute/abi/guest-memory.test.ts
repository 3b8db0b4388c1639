import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '../../kernel/index.ts';
import { wasm } from './engine.ts';
import { GuestMemory } from './guest-memory.ts';

const pointer = fc.oneof(
  fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  fc.integer({ min: 65_500, max: 65_600 }),
  fc.constantFrom(0, -1, 65_536, 65_535),
);

test('no pointer and no length makes an access fail in another way than by its answer', () => {
  const memory = new GuestMemory(new wasm.Memory({ initial: 1, maximum: 2 }));
  fc.assert(
    fc.property(pointer, pointer, (at, length) => {
      const inside = (at >>> 0) + (length >>> 0) <= 65_536 || length === 0;
      assert.equal(memory.copy(at, length) !== undefined, inside);
      assert.equal(memory.text(at, length) !== undefined, inside);
      assert.equal(
        memory.fill(at, length, () => {}),
        inside,
      );
      assert.equal(memory.readU32(at) !== undefined, (at >>> 0) + 4 <= 65_536);
      assert.equal(memory.writeU32(at, 1), (at >>> 0) + 4 <= 65_536);
      assert.equal(memory.writeU64(at, 1n), (at >>> 0) + 8 <= 65_536);
      assert.equal(memory.readU64(at) !== undefined, (at >>> 0) + 8 <= 65_536);
      assert.equal(memory.writeU16(at, 1), (at >>> 0) + 2 <= 65_536);
      assert.equal(memory.readU16(at) !== undefined, (at >>> 0) + 2 <= 65_536);
      assert.equal(memory.writeU8(at, 1), (at >>> 0) + 1 <= 65_536);
      assert.equal(memory.readU8(at) !== undefined, (at >>> 0) + 1 <= 65_536);
      assert.equal(memory.holds(at, length), inside);
    }),
  );
});

test('what was written is read, as a copy', () => {
  const memory = new GuestMemory(new wasm.Memory({ initial: 1, maximum: 2 }));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 0, max: 65_436 }), (bytes, at) => {
      assert.equal(memory.write(at, bytes), true);
      const copy = memory.copy(at, bytes.length);
      assert.deepEqual(copy, bytes);
      memory.wipe();
      assert.deepEqual(copy, bytes);
      assert.deepEqual(memory.copy(at, bytes.length), new Uint8Array(bytes.length));
    }),
  );
});

test('the pointer of nothing may point anywhere', () => {
  const memory = new GuestMemory(new wasm.Memory({ initial: 1, maximum: 2 }));
  assert.deepEqual(memory.copy(-1, 0), new Uint8Array(0));
  assert.equal(memory.text(-1, 0), '');
  assert.equal(memory.write(-1, new Uint8Array(0)), true);
});

test('bytes that are not UTF-8 become replacement characters; a byte order mark stays', () => {
  const memory = new GuestMemory(new wasm.Memory({ initial: 1, maximum: 2 }));
  memory.write(0, Uint8Array.of(0x61, 0xff, 0xc3, 0xef, 0xbb, 0xbf));
  assert.equal(memory.text(0, 6), 'a\ufffd\ufffd\ufeff');
  memory.write(0, utf8('\ufeffx'));
  assert.equal(memory.text(0, 4), '\ufeffx');
});

test('a memory that has grown is read in full', () => {
  const raw = new wasm.Memory({ initial: 1, maximum: 2 });
  const memory = new GuestMemory(raw);
  assert.equal(memory.size, 65_536);
  (raw as unknown as { grow: (pages: number) => number }).grow(1);
  assert.equal(memory.size, 131_072);
  assert.equal(memory.writeU32(131_068, 7), true);
  assert.equal(memory.readU32(131_068), 7);
});

test('numbers are little-endian', () => {
  const memory = new GuestMemory(new wasm.Memory({ initial: 1, maximum: 1 }));
  assert.equal(memory.writeU64(8, 0x8877665544332211n), true);
  assert.deepEqual(
    [memory.readU8(8), memory.readU16(9), memory.readU32(10), memory.readU64(8)],
    [0x11, 0x3322, 0x66554433, 0x8877665544332211n],
  );
  assert.deepEqual([memory.writeU8(8, 0xff), memory.writeU16(9, 0xfffe), memory.readU32(8)], [true, true, 0x44fffeff]);
});
