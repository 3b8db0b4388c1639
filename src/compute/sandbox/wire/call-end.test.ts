import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BytePack, unpack } from './byte-pack.ts';
import { type CallEnd, EndWriter, readEnds } from './call-end.ts';
import type { PackedOutcome } from './wire.ts';

const place = fc.tuple(fc.nat(), fc.nat());
const outcome: fc.Arbitrary<PackedOutcome> = fc.oneof(
  fc.constant(['output', undefined, undefined, undefined] as const),
  place.map((bytes) => ['output', bytes, undefined, undefined] as const),
  place.map((bytes) => ['output', bytes, ['content-type', 'text/plain'], undefined] as const),
  fc.constant(['output', undefined, undefined, ['PUT', undefined, [1, 2], undefined, undefined, undefined]] as const),
  fc.tuple(fc.integer(), fc.string()).map(([code, message]) => ['guest-error', code, message] as const),
  fc.string().map((message) => ['failure', 'TRAP', message, [[1, 2, undefined]]] as const),
);
const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
const end: fc.Arbitrary<CallEnd> = fc.record(
  {
    call: fc.nat(),
    outcome,
    cpuMs: amount,
    memoryBytes: fc.nat(),
    hostCalls: fc.nat(),
    startMs: amount,
    setupMs: amount,
    denials: fc.option(fc.constant({ getField: 2 }), { nil: undefined }),
  },
  { noNullPrototype: true },
);

test('results cross over whole and in order, one message after the other', () => {
  fc.assert(
    fc.property(fc.array(fc.array(end, { maxLength: 6 }), { maxLength: 3 }), (messages) => {
      const pack = new BytePack();
      const writer = new EndWriter(pack);
      for (const ends of messages) {
        const offset = pack.add(Uint8Array.of(1, 2, 3));
        assert.equal(writer.empty, true);
        for (const one of ends) writer.add(one);
        assert.equal(writer.empty, ends.length === 0);
        const sent = structuredClone(writer.finish());
        assert.deepEqual(readEnds(sent.ends, sent.bytes), ends);
        assert.deepEqual(unpack(sent.bytes, offset, 3), Uint8Array.of(1, 2, 3));
      }
    }),
  );
});
