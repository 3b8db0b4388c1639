import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, fromHex, toHex } from '../../../kernel/index.ts';
import { TransportError } from '../errors.ts';
import { MAX_MESSAGE_BYTES } from '../transport.ts';
import { FrameReader } from './frame-reader.ts';

function stream(frames: readonly Uint8Array[]): Uint8Array {
  return concat(
    Uint8Array.of(1),
    ...frames.flatMap((frame) => {
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, frame.length);
      return [length, frame];
    }),
  );
}

function readAll(reader: FrameReader, chunks: readonly Uint8Array[]): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (const chunk of chunks) {
    reader.feed(chunk);
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame);
  }
  return frames;
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

test('frames are the same however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 10 }),
      (frames, sizes) => {
        assert.deepEqual(readAll(new FrameReader(), cut(stream(frames), sizes)).map(toHex), frames.map(toHex));
      },
    ),
  );
});

test('frames larger than the first allocation are put together from many chunks', () => {
  const large = Uint8Array.from({ length: 1_000_003 }, (_, i) => i * 31);
  for (const size of [999, 65_536, 2_000_000]) {
    const frames = readAll(new FrameReader(), cut(stream([large, large.subarray(0, 5), large]), [size]));
    assert.deepEqual(
      frames.map((frame) => Buffer.compare(frame, large.subarray(0, frame.length)) === 0 && frame.length),
      [1_000_003, 5, 1_000_003],
    );
  }
});

test('a small frame that lies in one chunk is a view of it', () => {
  const chunk = stream([fromHex('aabb'), fromHex('cc')]);
  const reader = new FrameReader();
  const [first, second] = readAll(reader, [chunk]);
  assert.equal(first?.buffer, chunk.buffer);
  assert.equal(second?.buffer, chunk.buffer);
  assert.equal(reader.exclusive, false);
});

test('large frames have memory of their own, and that of their chunk is given back', () => {
  const large = Uint8Array.from({ length: 16 * 1024 }, (_, i) => i * 31);
  const chunk = stream([large, large]);
  const reader = new FrameReader();
  reader.feed(chunk);
  const frames = [reader.next(), reader.next()];
  for (const frame of frames) {
    assert.ok(frame && Buffer.compare(frame, large) === 0);
    assert.equal(frame.buffer.byteLength, frame.length);
    assert.notEqual(frame.buffer, chunk.buffer);
  }
  assert.equal(reader.exclusive, true);
  assert.notEqual(frames[0]?.buffer, frames[1]?.buffer);
  assert.notEqual(chunk.length, 0, 'still being read');
  assert.equal(reader.next(), undefined);
  assert.equal(chunk.length, 0);
});

test('a chunk keeps its memory while a small frame is a view of it, or when it is a view itself', () => {
  const large = new Uint8Array(20_000).fill(7);
  const mixed = stream([fromHex('aabb'), large]);
  const [small] = readAll(new FrameReader(), [mixed]);
  assert.equal(toHex(small ?? large), 'aabb');
  assert.notEqual(mixed.length, 0);
  const whole = stream([large, fromHex('aabb')]);
  readAll(new FrameReader(), [whole.subarray(0, 20_005), whole.subarray(20_005)]);
  assert.notEqual(whole.length, 0);
});

test('a frame just put together is exclusive, the small one behind it is not', () => {
  const bytes = stream([new Uint8Array(20_000), fromHex('cc')]);
  const reader = new FrameReader();
  assert.deepEqual(readAll(reader, [bytes.slice(0, 10_000)]), []);
  reader.feed(bytes.slice(10_000));
  assert.equal(reader.next()?.length, 20_000);
  assert.equal(reader.exclusive, true);
  assert.equal(reader.next()?.length, 1);
  assert.equal(reader.exclusive, false);
});

test('frames stay as they were while later ones arrive', () => {
  const frames = readAll(new FrameReader(), cut(stream([fromHex('01020304'), fromHex('05060708')]), [3]));
  assert.deepEqual(frames.map(toHex), ['01020304', '05060708']);
});

test('a wrong version and an oversized length are refused before anything else is read', () => {
  for (const byte of [0, 2, 255]) {
    const reader = new FrameReader();
    reader.feed(Uint8Array.of(byte));
    assert.throws(() => reader.next(), { code: 'TRANSPORT_WRONG_VERSION' });
    assert.equal(reader.versionSeen, false);
  }
  const largest = new FrameReader();
  largest.feed(fromHex('0101000000'));
  assert.equal(largest.next(), undefined);
  for (const hex of ['0101000001', '01ffffffff']) {
    const reader = new FrameReader();
    reader.feed(fromHex(hex));
    assert.throws(() => reader.next(), TransportError);
  }
});

test('memory follows what arrives, not what is announced', () => {
  const before = process.memoryUsage().arrayBuffers;
  const announced = new Uint8Array(5);
  announced[0] = 1;
  new DataView(announced.buffer).setUint32(1, MAX_MESSAGE_BYTES);
  const readers = Array.from({ length: 64 }, () => {
    const reader = new FrameReader();
    assert.deepEqual(readAll(reader, [announced, Uint8Array.of(0x83)]), []);
    return reader;
  });
  const used = process.memoryUsage().arrayBuffers - before;
  assert.ok(used < readers.length * 128 * 1024, `${used} bytes for 64 announced frames of 16 MiB`);
});
