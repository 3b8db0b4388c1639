import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { codeOf } from '../../../test/support/hostile.ts';
import { concat } from '../../kernel/index.ts';
import { encodeFrame, type Frame, FRAME, FrameReceiver, type FrameReceiverOptions, FrameSender } from './index.ts';

const KiB = 1024;

/** A sender, what it has handed over, and a hand on the end of the turn. */
class Wire {
  readonly messages: Uint8Array[] = [];
  readonly sender: FrameSender;
  /** While set, `send` asks to wait until `release`. */
  slow = false;
  #turn: (() => void)[] = [];
  #waiting: (() => void)[] = [];

  constructor() {
    this.sender = new FrameSender({
      send: (parts) => {
        this.messages.push(concat(...parts));
        return this.slow ? new Promise((resolve) => this.#waiting.push(resolve)) : undefined;
      },
      defer: (flush) => this.#turn.push(flush),
    });
  }

  endTurn(): void {
    for (const flush of this.#turn.splice(0)) flush();
  }

  async release(): Promise<void> {
    for (const resolve of this.#waiting.splice(0)) resolve();
    await Promise.resolve();
    await Promise.resolve();
  }

  get waiting(): number {
    return this.#waiting.length;
  }
}

function receive(messages: readonly Uint8Array[], options: Partial<FrameReceiverOptions> = {}): Frame[] {
  const frames: Frame[] = [];
  const receiver = new FrameReceiver({
    maxBodyBytes: () => 10 << 20,
    maxOpenBytes: 20 << 20,
    onFrame: (frame) => frames.push(frame),
    ...options,
  });
  for (const message of messages) receiver.push(message);
  return frames;
}

const fill = (length: number, byte = 7): Uint8Array => new Uint8Array(length).fill(byte);
const names = (frames: readonly Frame[]): string[] =>
  frames.map(({ type, id, body }) => `${type}:${id}:${body.length}`);

suite('a sender', () => {
  test('puts the frames of one turn into one message', () => {
    const wire = new Wire();
    for (let id = 1; id <= 100; id++) wire.sender.push(FRAME.call, id, fill(50, id));
    assert.equal(wire.messages.length, 0);
    wire.endTurn();
    assert.equal(wire.messages.length, 1);
    const frames = receive(wire.messages);
    assert.deepEqual(
      frames.map(({ id, body }) => [id, body[0]]),
      Array.from({ length: 100 }, (_, i) => [i + 1, i + 1]),
    );
    assert.equal(wire.sender.pendingBytes, 0);
  });

  test('does not wait for the end of the turn when a message is full', () => {
    const wire = new Wire();
    for (let id = 1; id <= 5; id++) wire.sender.push(FRAME.call, id, fill(20 * KiB));
    assert.equal(wire.messages.length, 1);
    assert.ok((wire.messages[0]?.length ?? 0) < 64 * KiB);
    wire.endTurn();
    assert.deepEqual(
      receive(wire.messages).map(({ id }) => id),
      [1, 2, 3, 4, 5],
    );
  });

  test('sends long bodies in fragments, in turn, behind what is short', () => {
    const wire = new Wire();
    wire.sender.push(FRAME.module, 1, fill(100 * KiB, 1));
    wire.sender.push(FRAME.module, 2, fill(70 * KiB, 2));
    wire.sender.push(FRAME.call, 3, fill(10, 3));
    wire.slow = true;
    wire.endTurn();
    assert.equal(wire.messages.length, 1, 'the link asked to wait');
    wire.sender.push(FRAME.call, 4, fill(10, 4));
    wire.slow = false;
    return wire.release().then(() => {
      for (const message of wire.messages) assert.ok(message.length <= 48 * KiB + 33 * KiB);
      const frames = receive(wire.messages);
      assert.deepEqual(names(frames), [
        `${FRAME.call}:3:10`,
        `${FRAME.call}:4:10`,
        `${FRAME.module}:2:${70 * KiB}`,
        `${FRAME.module}:1:${100 * KiB}`,
      ]);
      for (const { body, id } of frames) assert.ok(body.every((byte) => byte === id));
      assert.equal(wire.sender.pendingBytes, 0);
    });
  });

  test('has no more on the way than a receiver keeps, and lets calls pass modules', () => {
    const open = new Map<number, number>();
    const ended: number[] = [];
    let [held, most] = [0, 0];
    const turn: (() => void)[] = [];
    const sender = new FrameSender({
      defer: (flush) => turn.push(flush),
      // What is open at a receiver, by the heads alone.
      send: (parts) => {
        const message = concat(...parts);
        const view = new DataView(message.buffer);
        for (let at = 0, length = 0; at < message.length; at += 10 + length) {
          length = view.getUint32(at + 6, true);
          const id = view.getUint32(at + 2, true);
          const before = open.get(id) ?? 0;
          const goesOn = message[at + 1] !== 0;
          if (goesOn) open.set(id, before + length + 256);
          else ended.push(id);
          if (!goesOn) open.delete(id);
          held += (open.get(id) ?? 0) - before;
          most = Math.max(most, held);
        }
      },
    });
    const [large, middling] = [fill(12 << 20), fill(1 << 20)];
    for (let id = 1; id <= 20; id++) sender.push(FRAME.result, id, large);
    for (let id = 21; id <= 80; id++) sender.push(FRAME.result, id, middling);
    assert.equal(sender.unsent(FRAME.result).size, 80);
    assert.equal(sender.drop(FRAME.result, 20), true, 'one that waits for others');
    assert.equal(sender.drop(FRAME.result, 20), false);
    assert.equal(sender.pendingBytes, 19 * large.length + 60 * middling.length);
    for (const flush of turn.splice(0)) flush();
    assert.ok(most < 192 << 20, `${most} bytes`);
    assert.equal(held, 0);
    assert.equal(sender.pendingBytes, 0);
    assert.deepEqual(
      ended.toSorted((one, other) => one - other),
      [...Array.from({ length: 19 }, (_, index) => index + 1), ...Array.from({ length: 60 }, (_, index) => index + 21)],
    );
    assert.ok(ended.indexOf(80) < ended.indexOf(1), 'the smaller ones did not wait');
    sender.push(FRAME.module, 81, new Uint8Array(129 << 20));
    for (const flush of turn.splice(0)) flush();
    assert.equal(ended.at(-1), 81, 'what is larger than all that may be on the way is so alone');
  });

  test('collects while the link asks to wait, and counts what it holds', async () => {
    const wire = new Wire();
    wire.slow = true;
    wire.sender.push(FRAME.call, 1, fill(10));
    wire.endTurn();
    for (let i = 0; i < 10; i++) wire.sender.push(FRAME.call, 2 + i, fill(10 * KiB));
    wire.endTurn();
    assert.equal(wire.messages.length, 1);
    assert.equal(wire.sender.pendingBytes, 10 * (10 + 10 * KiB));
    assert.deepEqual([...wire.sender.unsent(FRAME.call)], [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    wire.slow = false;
    await wire.release();
    assert.equal(wire.sender.pendingBytes, 0);
    assert.deepEqual([...wire.sender.unsent(FRAME.call)], []);
    assert.equal(receive(wire.messages).length, 11);
  });

  test('sends in pieces what has collected, which could be more than a message may have', async () => {
    const wire = new Wire();
    wire.slow = true;
    wire.sender.push(FRAME.call, 1, fill(10));
    wire.endTurn();
    wire.slow = false;
    const ids = Array.from({ length: 1024 }, (_, i) => i + 2);
    for (const id of ids) wire.sender.push(FRAME.call, id, fill(30 * KiB, id & 0xff));
    assert.deepEqual(wire.sender.unsent(FRAME.call), new Set(ids));
    await wire.release();
    assert.ok(wire.messages.every(({ length }) => length < 2 * KiB * KiB));
    assert.deepEqual(
      receive(wire.messages).map(({ id, body }) => [id, body[0]]),
      [[1, 7], ...ids.map((id) => [id, id & 0xff])],
    );
    assert.equal(wire.sender.pendingBytes, 0);
  });

  test('knows of which frames the last byte has not left', () => {
    const wire = new Wire();
    wire.slow = true;
    wire.sender.push(FRAME.call, 1, fill(10));
    wire.sender.push(FRAME.call, 2, fill(200 * KiB));
    wire.endTurn();
    wire.sender.push(FRAME.call, 3, fill(10));
    wire.sender.push(FRAME.cancel, 1);
    assert.deepEqual(wire.sender.unsent(FRAME.call), new Set([2, 3]));
    assert.deepEqual([...wire.sender.unsent(FRAME.cancel)], [1]);
  });

  test('drops a long body before it leaves, or abandons it on the way', async () => {
    const wire = new Wire();
    wire.sender.push(FRAME.call, 1, fill(100 * KiB));
    assert.equal(wire.sender.drop(FRAME.call, 1), true);
    assert.equal(wire.sender.pendingBytes, 0);
    wire.endTurn();
    assert.equal(wire.messages.length, 0);

    wire.slow = true;
    wire.sender.push(FRAME.call, 2, fill(100 * KiB));
    wire.endTurn();
    assert.equal(wire.sender.drop(FRAME.call, 2), true);
    assert.equal(wire.sender.drop(FRAME.call, 2), false);
    wire.sender.push(FRAME.call, 3, fill(1));
    wire.slow = false;
    await wire.release();
    wire.endTurn();
    assert.deepEqual(names(receive(wire.messages)), [`${FRAME.call}:3:1`]);
    assert.equal(wire.sender.pendingBytes, 0);
  });

  test('does not drop what has left', () => {
    const wire = new Wire();
    wire.sender.push(FRAME.call, 1, fill(10));
    assert.equal(wire.sender.drop(FRAME.call, 1), false);
  });

  test('sends nothing after its end', () => {
    const wire = new Wire();
    wire.sender.push(FRAME.call, 1, fill(10));
    wire.sender.close();
    wire.sender.push(FRAME.call, 2, fill(10));
    wire.endTurn();
    assert.deepEqual(wire.messages, []);
    assert.equal(wire.sender.pendingBytes, 0);
  });

  test('and receiver lose and mix up nothing, whatever comes', async () => {
    const lengths = fc.oneof(
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 2000, max: 2100 }),
      fc.integer({ min: 30_000, max: 120_000 }),
    );
    const steps = fc.array(fc.tuple(lengths, fc.boolean(), fc.boolean()), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const wire = new Wire();
        for (const [index, [length, slow, end]] of all.entries()) {
          wire.slow = slow;
          wire.sender.push(FRAME.result, index, fill(length, index));
          if (end) wire.endTurn();
          if (!slow) await wire.release();
        }
        wire.slow = false;
        wire.endTurn();
        while (wire.waiting > 0) await wire.release();
        wire.endTurn();
        const frames = receive(wire.messages);
        assert.deepEqual(
          frames.map(({ id, body }) => [id, body.length, body.every((byte) => byte === id % 256)]).sort(byFirst),
          all.map(([length], id) => [id, length, true]),
        );
        const short = frames.filter(({ body }) => body.length <= 32 * KiB).map(({ id }) => id);
        assert.deepEqual(
          short,
          [...short].sort((a, b) => a - b),
          'short frames keep their order',
        );
        assert.equal(wire.sender.pendingBytes, 0);
      }),
      { numRuns: 50 },
    );
  });
});

const byFirst = (a: readonly unknown[], b: readonly unknown[]): number => Number(a[0]) - Number(b[0]);

/** A frame with any type and flags. */
function raw(type: number, flags: number, id: number, body: Uint8Array, length = body.length): Uint8Array {
  const message = concat(encodeFrame(FRAME.call, id, new Uint8Array(0)), body);
  message[0] = type;
  message[1] = flags;
  new DataView(message.buffer).setUint32(6, length, true);
  return message;
}

suite('a receiver', () => {
  const refuses = (
    code: string,
    messages: readonly Uint8Array[],
    options: Partial<FrameReceiverOptions> = {},
  ): void => {
    assert.equal(
      codeOf(() => receive(messages, options)),
      code,
    );
  };

  test('ignores an unknown type that says it is optional, and only that', () => {
    const optional = raw(200, 2, 1, fill(5));
    assert.deepEqual(names(receive([concat(optional, encodeFrame(FRAME.ping, 3, fill(0)))])), [`${FRAME.ping}:3:0`]);
    refuses('CONSTELLATION_UNKNOWN_FRAME', [raw(200, 0, 1, fill(5))]);
  });

  test('believes no length', () => {
    refuses('CONSTELLATION_MALFORMED_FRAME', [raw(FRAME.call, 0, 1, fill(5), 6)]);
    refuses('CONSTELLATION_MALFORMED_FRAME', [raw(FRAME.call, 0, 1, fill(5), 0xffff_ffff)]);
    refuses('CONSTELLATION_MALFORMED_FRAME', [raw(200, 2, 1, fill(5), 0xffff_ffff)]);
    refuses('CONSTELLATION_MALFORMED_FRAME', [fill(9)]);
  });

  test('bounds a body, whole or in fragments', () => {
    const maxBodyBytes = (): number => 100;
    refuses('CONSTELLATION_FRAME_TOO_LARGE', [raw(FRAME.call, 0, 1, fill(101))], { maxBodyBytes });
    const fragment = raw(FRAME.call, 1, 1, fill(60));
    refuses('CONSTELLATION_FRAME_TOO_LARGE', [fragment, fragment], { maxBodyBytes });
    assert.equal(receive([fragment, raw(FRAME.call, 0, 1, fill(40))], { maxBodyBytes })[0]?.body.length, 100);
  });

  test('bounds what waits for its end, also when it comes in crumbs', () => {
    refuses(
      'CONSTELLATION_FRAME_TOO_LARGE',
      [1, 2, 3].map((id) => raw(FRAME.call, 1, id, fill(4000))),
      {
        maxOpenBytes: 10_000,
      },
    );
    const crumbs = Array.from({ length: 100 }, () => raw(FRAME.call, 1, 1, fill(1)));
    refuses('CONSTELLATION_FRAME_TOO_LARGE', crumbs, { maxOpenBytes: 10_000 });
    refuses('CONSTELLATION_MALFORMED_FRAME', [raw(FRAME.call, 1, 1, fill(0))]);
  });

  test('bounds how many wait for their end', () => {
    const starts = Array.from({ length: 4097 }, (_, id) => raw(FRAME.call, 1, id, fill(1)));
    refuses('CONSTELLATION_TOO_MANY_FRAMES', starts);
    assert.deepEqual(receive(starts.slice(1)), []);
  });

  test('gives back the room of bodies that ended or were abandoned', () => {
    const messages = Array.from({ length: 100 }, (_, id) => [
      raw(FRAME.call, 1, id, fill(4000)),
      id % 2 === 0 ? raw(FRAME.call, 0, id, fill(1)) : raw(FRAME.call, 4, id, fill(0)),
    ]).flat();
    assert.equal(receive(messages, { maxOpenBytes: 5000 }).length, 50);
  });

  test('takes no abandonment of what was not begun, or with a body', () => {
    refuses('CONSTELLATION_MALFORMED_FRAME', [raw(FRAME.call, 4, 1, fill(0))]);
    refuses('CONSTELLATION_MALFORMED_FRAME', [raw(FRAME.call, 1, 1, fill(3)), raw(FRAME.call, 4, 1, fill(1))]);
    refuses('CONSTELLATION_MALFORMED_FRAME', [raw(FRAME.call, 1, 1, fill(3)), raw(FRAME.call, 5, 1, fill(0))]);
  });

  test('keeps fragments when the message they came in is used again', () => {
    const message = raw(FRAME.call, 1, 1, fill(100, 5));
    const frames: Frame[] = [];
    const receiver = new FrameReceiver({
      maxBodyBytes: () => 1000,
      maxOpenBytes: 1000,
      onFrame: (frame) => frames.push(frame),
    });
    receiver.push(message);
    message.fill(0);
    receiver.push(raw(FRAME.call, 0, 1, fill(1, 5)));
    assert.ok(frames[0]?.body.every((byte) => byte === 5));
  });
});
