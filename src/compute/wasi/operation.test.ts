import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WasiFault } from './errno.ts';
import { type FileAnswer, packFileAnswer, unpackFileAnswer } from './operation.ts';

/** With the prototype that literals have, for comparison. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true });
}

const u64 = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn });
const byte = fc.integer({ min: 0, max: 255 });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const errno = fc.integer({ min: 0, max: 76 });
const status = record({
  device: u64,
  inode: u64,
  type: byte,
  links: u64,
  size: u64,
  accessed: u64,
  modified: u64,
  changed: u64,
});
const entry = record({ inode: u64, type: byte, name: fc.uint8Array({ maxLength: 255 }) });
const answer: fc.Arbitrary<FileAnswer> = fc.oneof(
  record({ errno }),
  record({ errno, opened: record({ handle: u32, type: byte }) }),
  record({ errno, bytes: fc.uint8Array({ maxLength: 100 }) }),
  record({ errno, written: u32 }),
  record({ errno, status }),
  record({ errno, chunk: record({ entries: fc.array(entry, { maxLength: 5 }), last: fc.boolean() }) }),
);

test('an answer comes out as it went in', () => {
  fc.assert(fc.property(answer, (sent) => assert.deepEqual(unpackFileAnswer(packFileAnswer(sent)), sent)));
});

test('bytes that are cut off or changed are another answer or an errno, never another error', () => {
  const attempt = (bytes: Uint8Array): FileAnswer | undefined => {
    try {
      return unpackFileAnswer(bytes);
    } catch (error) {
      assert.ok(error instanceof WasiFault, String(error));
      return undefined;
    }
  };
  fc.assert(
    fc.property(answer, (sent) => {
      const packed = packFileAnswer(sent);
      for (let length = 0; length < packed.length; length++) attempt(packed.subarray(0, length));
      for (let at = 0; at < packed.length; at++) {
        const flipped = Uint8Array.from(packed);
        flipped[at] = 255 - (flipped[at] ?? 0);
        attempt(flipped);
      }
      if (sent.status !== undefined || sent.opened !== undefined) {
        assert.equal(attempt(packed.subarray(0, packed.length - 1)), undefined);
      }
    }),
    { numRuns: 30 },
  );
});
