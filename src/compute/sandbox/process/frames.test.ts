import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeFrame, FrameReader } from './frames.ts';
import { checkMessage } from './messages.ts';

const MAX = 4096;
const usage = { cpuMs: 1, wallMs: 2, queueMs: 0, startMs: 0, runMs: 1, waitMs: 0, memoryBytes: 65_536, hostCalls: 3 };
const MESSAGES = [
  { kind: 'open' },
  { kind: 'refused', id: 1, code: 'WASM_TRUNCATED', message: 'too short' },
  { kind: 'log', call: 1, level: 'info', message: 'line' },
  { kind: 'ask', id: 1, call: 2, ask: { capability: 'secret', name: 'key' } },
  {
    kind: 'result',
    call: 2,
    result: {
      kind: 'output',
      output: Uint8Array.of(1),
      responseHeaders: new Map([['a', 'b']]),
      changes: undefined,
      usage,
    },
  },
  {
    kind: 'result',
    call: 2,
    result: {
      kind: 'failure',
      code: 'TRAP',
      message: 'unreachable',
      stack: [{ functionIndex: 3, name: 'p\\u001b', offset: 7 }],
      usage: { ...usage, denials: { getField: 2 } },
    },
  },
];

/** What arrives when `bytes` come in pieces of `size`. */
function read(bytes: Uint8Array, size: number): unknown[] {
  const reader = new FrameReader(MAX);
  const values: unknown[] = [];
  for (let at = 0; at < bytes.length; at += size) values.push(...reader.push(bytes.subarray(at, at + size)));
  return values;
}

test('frames arrive whole and in order, whatever the pieces', () => {
  const bytes = Buffer.concat(MESSAGES.map(encodeFrame));
  for (const size of [1, 2, 3, 7, 64, bytes.length]) {
    assert.deepEqual(read(bytes, size).map(checkMessage), MESSAGES, `pieces of ${size}`);
  }
});

test('a frame longer than the bound is refused before it is there', () => {
  const announced = Buffer.alloc(4);
  announced.writeUInt32LE(MAX + 1);
  assert.throws(() => new FrameReader(MAX).push(announced), { code: 'SANDBOX_BAD_FRAME' });
  announced.writeUInt32LE(0xffff_ffff);
  assert.throws(() => new FrameReader(MAX).push(announced), { code: 'SANDBOX_BAD_FRAME' });
});

test('every truncation and every flipped byte gives a message, silence or one error', () => {
  for (const message of MESSAGES) {
    const whole = encodeFrame(message);
    for (let length = 0; length < whole.length; length++) assert.deepEqual(read(whole.subarray(0, length), 16), []);
    for (let at = 0; at < whole.length; at++) {
      const flipped = Uint8Array.from(whole);
      flipped[at] = (flipped[at] as number) ^ 0xff;
      accepted(() => read(flipped, flipped.length).map(checkMessage));
    }
    for (let length = 0; length < whole.length - 4; length++) {
      const cut = Buffer.concat([Buffer.alloc(4), whole.subarray(4, 4 + length)]);
      cut.writeUInt32LE(length);
      accepted(() => read(cut, cut.length).map(checkMessage));
    }
  }
});

test('what could deceive a reader of the log is escaped, and what is escaped already stays as it is', () => {
  const told = (name: string): unknown => {
    const stack = [{ functionIndex: 1, name, offset: undefined }];
    return checkMessage({
      kind: 'result',
      call: 1,
      result: { kind: 'failure', code: 'TRAP', message: name, stack, usage },
    });
  };
  for (const [said, shown] of [
    ['a\u001b[2J\n', 'a\\u001b[2J\\n'],
    ['a\\n', 'a\\n'],
    ['a\\n\n', 'a\\\\n\\n'],
  ] as const) {
    const stack = [{ functionIndex: 1, name: shown, offset: undefined }];
    const result = { kind: 'failure', code: 'TRAP', message: shown, stack, usage };
    assert.deepEqual(told(said), { kind: 'result', call: 1, result });
  }
});

test('any value has the shape of a message or is refused', () => {
  const shaped = fc.record(
    {
      kind: fc.constantFrom('started', 'loaded', 'ask', 'result', 'x'),
      id: fc.anything(),
      call: fc.anything(),
      ask: fc.anything(),
      result: fc.anything(),
    },
    { requiredKeys: ['kind'] },
  );
  fc.assert(fc.property(fc.oneof(fc.anything(), shaped), (value) => accepted(() => checkMessage(value))));
});

test('depth without end is no message', () => {
  // The engine's form of an array of one element, opened again and again.
  const body = Buffer.concat([Buffer.from([0xff, 0x0f]), Buffer.alloc(1_000_000, Uint8Array.of(0x41, 1))]);
  const frame = Buffer.alloc(4 + body.length);
  frame.writeUInt32LE(body.length);
  body.copy(frame, 4);
  assert.throws(() => new FrameReader(1 << 20).push(frame), { code: 'SANDBOX_BAD_FRAME' });
});

function accepted(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    assert.equal((error as { code?: unknown }).code, 'SANDBOX_BAD_FRAME', String(error));
  }
}
