import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromUtf8, utf8 } from '../../kernel/index.ts';
import { FfiSlot } from './ffi-slot.ts';

test('a value is handed out once', () => {
  const slot = new FfiSlot();
  assert.equal(slot.take(), undefined);
  assert.equal(slot.value(utf8('abc')), 3);
  assert.deepEqual(slot.take(), utf8('abc'));
  assert.equal(slot.take(), undefined);
});

test('an empty value is pending too', () => {
  const slot = new FfiSlot();
  assert.equal(slot.value(new Uint8Array(0)), 0);
  assert.deepEqual(slot.take(), new Uint8Array(0));
});

test('a later value replaces one that was not fetched', () => {
  const slot = new FfiSlot();
  slot.value(utf8('first'));
  assert.equal(slot.error('second'), -6);
  assert.deepEqual(slot.take(), utf8('second'));
  slot.value(utf8('third'));
  slot.clear();
  assert.equal(slot.take(), undefined);
});

test('the length of an error never reads as one of the reserved returns', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 5 }), (message) => {
      const slot = new FfiSlot();
      const returned = slot.error(message);
      assert.ok(returned <= -3);
      const pending = slot.take();
      assert.equal(pending?.length, -returned);
      assert.equal(fromUtf8(pending).startsWith(message.toWellFormed()), true);
    }),
  );
});

test('answers of capabilities', () => {
  const slot = new FfiSlot();
  assert.equal(slot.answer({ ok: true, value: utf8('yes') }), 3);
  assert.equal(slot.answer({ ok: false, message: 'key not found', reason: 'missing' }), -13);
  assert.deepEqual(slot.take(), utf8('key not found'));
});
