import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertSturdy, byteFlips } from '../../../../test/support/hostile.ts';
import { CborReader } from '../../../kernel/cbor/index.ts';
import { CodedError, concat, fromHex, toHex, utf8 } from '../../../kernel/index.ts';
import { createAddress } from './address.ts';
import { EMPTY_ROUTE, parseRoute, readRoute } from './route.ts';
import {
  decodeBareTransportMessage,
  decodeTransportMessage,
  encodeBareTransportMessage,
  encodeTransportHead,
  encodeTransportMessage,
  type TransportMessage,
  transportHeadLength,
} from './transport-message.ts';

const anyRoute = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 68 }))
    .map(([type, bytes]) => createAddress(type, bytes)),
  { maxLength: 30 },
);
const anyMessage: fc.Arbitrary<TransportMessage> = fc.record(
  {
    onward: anyRoute,
    return: anyRoute,
    payload: fc.uint8Array({ maxLength: 300 }),
    tracing: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
  },
  { noNullPrototype: true },
);
const example: TransportMessage = {
  onward: parseRoute('echo'),
  return: parseRoute('0123456789abcdef0123456789abcdef'),
  payload: fromHex('0548656c6c6f'),
  tracing: '{}',
};

test('CBOR round trip, and the head is the start of it', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const encoded = encodeTransportMessage(message);
      assert.deepEqual(decodeTransportMessage(encoded), message);
      const length = transportHeadLength(message, message.payload.length);
      const head = new Uint8Array(length + 2).fill(0xee);
      encodeTransportHead(message, message.payload.length, head, 1);
      assert.deepEqual(head[0], 0xee);
      assert.deepEqual(head[length + 1], 0xee);
      const plain = encodeTransportMessage({ ...message, tracing: undefined });
      assert.equal(toHex(concat(head.subarray(1, -1), message.payload)), toHex(plain));
    }),
  );
});

test('a long tracing text, which a stranger may send, takes no more memory than it is long', () => {
  const tracing = 'a'.repeat(8 * 1024 * 1024);
  const encoded = encodeTransportMessage({ ...example, tracing });
  const before = process.memoryUsage().heapUsed;
  const decoded = decodeTransportMessage(encoded);
  const taken = process.memoryUsage().heapUsed - before;
  assert.equal(decoded.tracing, tracing);
  assert.ok(taken < 64 * 1024 * 1024, `${taken} bytes`);
});

test('payload lengths at the edges of the head sizes', () => {
  for (const length of [0, 23, 24, 255, 256, 65535, 65536]) {
    const message = { onward: EMPTY_ROUTE, return: EMPTY_ROUTE, payload: new Uint8Array(length), tracing: undefined };
    assert.deepEqual(decodeTransportMessage(encodeTransportMessage(message)), message);
  }
});

test('what the reference accepts beyond its own form is accepted', () => {
  const plain = { ...example, tracing: undefined };
  for (const hex of [
    '83818200446563686f8182005820303132333435363738396162636465663031323334353637383961626364656646 0548656c6c6f',
    // Null instead of tracing; an unknown fifth element; bytes after the message.
    '84818200446563686f8182005820303132333435363738396162636465663031323334353637383961626364656646 0548656c6c6f f6',
    '85818200446563686f8182005820303132333435363738396162636465663031323334353637383961626364656646 0548656c6c6f f6 82 01 02',
    '83818200446563686f8182005820303132333435363738396162636465663031323334353637383961626364656646 0548656c6c6f ffff',
    // Indefinite arrays, a long integer, an address with a third element.
    '9f9f9f1800446563686fffff818300582030313233343536373839616263646566303132333435363738396162636465664141 46 0548656c6c6f ff',
  ]) {
    assert.deepEqual(decodeTransportMessage(fromHex(hex.replaceAll(' ', ''))), plain, hex);
  }
  assert.equal(decodeTransportMessage(encodeTransportMessage({ ...example, tracing: 'Ä' })).tracing, 'Ä');
});

test('what is no message is refused', () => {
  for (const hex of [
    '', // An empty frame.
    '80',
    '828080', // No payload.
    '838080f6',
    '83808060', // Text instead of bytes.
    '8380805f4100ff', // Bytes in pieces.
    'a0',
    '838180804 0'.replace(' ', ''), // An address of no elements.
    '838280804 0'.replace(' ', ''), // Fewer hops than announced.
    '8380805a7fffffff00', // A payload longer than the frame.
    '8380805bffffffffffffffff00',
    '9b7fffffffffffffff',
    '84808040 62c328'.replace(' ', ''), // Tracing that is not UTF-8.
  ]) {
    assert.throws(() => decodeTransportMessage(fromHex(hex)), CodedError, hex);
  }
});

test('hostile bytes give a coded error or a message', () => {
  assertSturdy(encodeTransportMessage(example), decodeTransportMessage, 'CBOR_');
  assertSturdy(encodeTransportMessage({ ...example, tracing: undefined }), decodeTransportMessage, 'CBOR_');
  assertSturdy(encodeBareTransportMessage(example), decodeBareTransportMessage);
});

test('the quick scan and the general reader read the same', () => {
  const seeds = [
    example,
    { ...example, tracing: undefined },
    { ...example, onward: parseRoute('a => 1#b:1 => 255#c') },
  ];
  for (const seed of seeds) {
    const encoded = encodeTransportMessage(seed);
    for (const bytes of [encoded, ...byteFlips(encoded)]) {
      assert.deepEqual(
        outcome(() => decodeTransportMessage(bytes)),
        outcome(() => readSlowly(bytes)),
        toHex(bytes),
      );
    }
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (tail) => {
      const bytes = concat(fromHex('8381820041'), tail);
      assert.deepEqual(
        outcome(() => decodeTransportMessage(bytes)),
        outcome(() => readSlowly(bytes)),
      );
    }),
  );
});

test('BARE round trip in both versions; version 1 has no tracing to read', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      assert.deepEqual(decodeBareTransportMessage(encodeBareTransportMessage(message)), message);
      const first = decodeBareTransportMessage(encodeBareTransportMessage(message, 1));
      assert.deepEqual(first, { ...message, tracing: undefined });
    }),
  );
  for (const version of [0, 3, 255]) {
    assert.throws(() => decodeBareTransportMessage(Uint8Array.of(version, 0, 0, 0, 0)), {
      code: 'ROUTING_INVALID_MESSAGE',
    });
  }
  assert.throws(() => decodeBareTransportMessage(utf8('')), { code: 'BARE_TRUNCATED' });
});

/** The naive oracle of the scanner. */
function readSlowly(bytes: Uint8Array): TransportMessage {
  const reader = new CborReader(bytes);
  const fields = reader.array();
  const onward = fields.required('onward', () => readRoute(reader));
  const returnRoute = fields.required('return', () => readRoute(reader));
  const payload = fields.required('payload', () => reader.bytes());
  const tracing = fields.optional(() => reader.text());
  fields.end();
  return { onward, return: returnRoute, payload, tracing };
}

function outcome(read: () => TransportMessage): TransportMessage | string {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof CodedError);
    return error.code;
  }
}
