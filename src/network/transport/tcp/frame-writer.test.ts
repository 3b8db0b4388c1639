import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, toHex } from '../../../kernel/index.ts';
import {
  createAddress,
  decodeTransportMessage,
  type LocalMessage,
  localMessage,
  markExclusive,
  partedMessage,
} from '../../routing/index.ts';
import { FrameReader } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';

const anyRoute = fc.array(
  fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 40 })).map(([type, bytes]) => createAddress(type, bytes)),
  { maxLength: 4 },
);
const anyMessage = fc
  .tuple(
    anyRoute,
    anyRoute,
    fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.nat(20_000).map((n) => new Uint8Array(n).fill(n)),
    ),
  )
  .map(([onward, back, payload]) => localMessage(onward, back, payload));

test('what is written in any number of turns is read again', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyMessage, fc.boolean(), fc.nat(100)), { maxLength: 40 }), (steps) => {
      const writer = new FrameWriter();
      const written: Uint8Array[] = [];
      const sent: LocalMessage[] = [];
      writer.raw(Uint8Array.of(1));
      for (const [message, take, at] of steps) {
        const { payload } = message;
        const parts = [payload.subarray(0, at), payload.subarray(at)];
        assert.ok(writer.frame(at % 2 === 0 ? message : partedMessage(message.onward, message.return, parts)));
        sent.push(message);
        if (take) written.push(...writer.take().pieces);
      }
      const announced = writer.bytes;
      const rest = writer.take().pieces;
      assert.equal(concat(...rest).length, announced);
      assert.equal(writer.bytes, 0);
      const reader = new FrameReader();
      reader.feed(concat(...written, ...rest));
      for (const { onward, return: back, payload } of sent) {
        const read = decodeTransportMessage(reader.next() ?? new Uint8Array(0));
        assert.deepEqual(read.onward, onward);
        assert.deepEqual(read.return, back);
        assert.equal(toHex(read.payload), toHex(payload));
      }
      assert.equal(reader.next(), undefined);
    }),
  );
});

test('small frames leave together, a large payload is not copied', () => {
  const writer = new FrameWriter();
  for (let i = 0; i < 5; i++) writer.frame(localMessage([], [], new Uint8Array(10)));
  assert.equal(writer.take().pieces.length, 1);
  const large = new Uint8Array(48 * 1024);
  writer.frame(localMessage([], [], large));
  const { pieces, exclusive } = writer.take();
  assert.equal(pieces.length, 2);
  assert.equal(pieces[1], large);
  assert.deepEqual(exclusive, [], "it is the sender's");
});

test('large parts that were marked exclusive are told apart until the next turn', () => {
  const writer = new FrameWriter();
  const [head, body] = [new Uint8Array(8), new Uint8Array(48 * 1024)];
  writer.frame(partedMessage([], [], markExclusive([head, body])));
  writer.frame(partedMessage([], [], [head, body.slice()]));
  writer.frame(partedMessage([], [], markExclusive([head, head])));
  const { exclusive } = writer.take();
  assert.ok(exclusive.length === 1 && exclusive[0] === body);
  assert.equal(writer.take().exclusive.length, 0);
});

test('a frame beyond 16 MiB is not written', () => {
  const writer = new FrameWriter();
  const half = new Uint8Array(8 * 1024 * 1024);
  assert.equal(writer.frame(partedMessage([], [], [half, half])), false);
  assert.deepEqual(writer.take(), { pieces: [], exclusive: [] });
  assert.equal(writer.frame(partedMessage([], [], [half, half.subarray(8)])), true);
});
