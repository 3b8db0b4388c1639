import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isExclusive, markExclusive, releaseMemory } from './exclusive.ts';
import { joined, localMessage, partedMessage } from './local-message.ts';

test('a mark does not pass to what is made of a message', () => {
  const message = markExclusive(localMessage([], [], new Uint8Array(4)));
  assert.ok(isExclusive(message));
  assert.ok(!isExclusive({ ...message }));
  assert.ok(!isExclusive(message.payload));
  const parts = markExclusive([new Uint8Array(4), new Uint8Array(4)]);
  assert.ok(isExclusive(parts));
  assert.ok(!isExclusive([...parts]));
  const inOnePiece = joined(partedMessage([], [], parts));
  assert.ok(!isExclusive(inOnePiece) && !isExclusive(inOnePiece.payload));
});

test('memory is given back only by a view of all of it', () => {
  const bytes = new Uint8Array(8);
  releaseMemory(bytes.subarray(1));
  releaseMemory(bytes.subarray(0, 7));
  assert.equal(bytes.length, 8);
  releaseMemory(bytes);
  assert.equal(bytes.length, 0);
  const shared = new Uint8Array(new SharedArrayBuffer(8));
  releaseMemory(shared);
  assert.equal(shared.length, 8);
  releaseMemory(Buffer.from('from the pool of small buffers'));
  assert.equal(Buffer.from('abc').toString(), 'abc');
});
