import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { byteFlips, codeOf, truncations } from '../../../test/support/hostile.ts';
import { concat, fromHex, fromUtf8, toHex, utf8 } from '../../kernel/index.ts';
import {
  decodePortalMessage,
  DISCONNECT,
  encodePayload,
  MAX_DATA_BYTES,
  nextCounter,
  PING,
  PONG,
  type PortalMessage,
} from './portal-message.ts';

const page = readFileSync(new URL('../../../docs/protocol/portal.md', import.meta.url), 'utf8');
const section = page.split(/^## /m).find((text) => text.startsWith('9 ')) ?? '';
const rows = [...section.matchAll(/^\| (.+?) \| `([0-9a-f]+)` \|$/gm)].map(
  (row) => [row[1] ?? '', row[2] ?? ''] as const,
);

const payloadOf = (data: Uint8Array, counter: number): Uint8Array => concat(...encodePayload(data, counter));

/** What a message is in the words of the page. */
function described(message: PortalMessage): string {
  if (message.kind !== 'payload') return message.kind[0]?.toUpperCase() + message.kind.slice(1);
  const { data, counter } = message;
  return `Payload \`${fromUtf8(data)}\`${counter === undefined ? '' : `, counter ${counter}`}`;
}

test('the vectors of the page', () => {
  const whole = rows.filter(([what]) => /^[A-Z]/.test(what));
  assert.equal(whole.length, 6);
  for (const [what, hex] of whole) {
    const message = decodePortalMessage(fromHex(hex));
    assert.equal(described(message), what.replace(', explicitly without a counter', ''));
    if (message.kind === 'payload' && message.counter !== undefined) {
      assert.equal(toHex(payloadOf(message.data, message.counter)), hex);
    }
  }
  const heads = rows.filter(([what]) => /^\d/.test(what));
  assert.equal(heads.length, 4);
  for (const [length, hex] of heads) assert.equal(toHex(encodePayload(new Uint8Array(Number(length)), 0)[0]!), hex);
  assert.deepEqual([PING, PONG, DISCONNECT].map(toHex), ['00', '01', '02']);
});

test('the trace of the page', () => {
  const trace = [...section.matchAll(/^\|.*→.*\| `([0-9a-f]+)` \|$/gm)].map((row) => row[1] ?? '');
  assert.deepEqual(
    trace.map((hex) => described(decodePortalMessage(fromHex(hex)))),
    ['Ping', 'Pong', 'Payload `hello`, counter 0', 'Payload `world`, counter 0', 'Disconnect'],
  );
});

test('a Payload goes there and back, whatever its length and counter', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 16_300, max: 16_500 }), fc.constant(MAX_DATA_BYTES)),
      fc.integer({ min: 0, max: 0xffff }),
      (length, counter) => {
        const data = new Uint8Array(length).fill(length & 0xff);
        const message = decodePortalMessage(payloadOf(data, counter));
        assert.ok(message.kind === 'payload');
        assert.equal(message.counter, counter);
        assert.deepEqual(message.data, data);
      },
    ),
  );
});

test('a counter is one only with its mark and both of its bytes', () => {
  for (const [tail, counter] of [
    ['', undefined],
    ['00', undefined],
    ['01', undefined],
    ['01ff', undefined],
    ['00ffff', undefined],
    ['02ffff', undefined],
    ['01ffff', 0xffff],
    ['010100', 1],
    ['010001ff', 256],
  ] as const) {
    const message = decodePortalMessage(fromHex(`0302abcd${tail}`));
    assert.deepEqual(message, { kind: 'payload', data: fromHex('abcd'), counter }, tail);
  }
  assert.equal(nextCounter(0), 1);
  assert.equal(nextCounter(0xffff), 0);
});

test('data are a view of the message, and the data of a Payload are not copied', () => {
  const bytes = payloadOf(utf8('hello'), 0);
  const message = decodePortalMessage(bytes);
  assert.ok(message.kind === 'payload');
  assert.equal(message.data.buffer, bytes.buffer);
  const data = utf8('hello');
  assert.equal(encodePayload(data, 0)[1], data);
});

test('what is cut short, unknown or announces too much is refused; every byte flip is refused or read', () => {
  const bytes = payloadOf(new Uint8Array(200).fill(3), 7);
  const dataEnd = 3 + 200;
  for (const cut of truncations(bytes)) {
    const code = codeOf(() => decodePortalMessage(cut));
    assert.equal(code, cut.length < dataEnd ? 'PORTAL_MALFORMED_MESSAGE' : undefined, `${cut.length} bytes`);
  }
  for (const flipped of byteFlips(bytes)) codeOf(() => decodePortalMessage(flipped), 'PORTAL_');
  for (const hex of [
    '',
    '04',
    'ff',
    '03',
    '0380',
    '03ffffffffffffffffff01',
    '03ffffffffffffffffff02',
    `03${'80'.repeat(40)}`,
  ]) {
    assert.equal(
      codeOf(() => decodePortalMessage(fromHex(hex))),
      'PORTAL_MALFORMED_MESSAGE',
      hex,
    );
  }
  for (const hex of ['00ff', '01ff', '02ff']) assert.notEqual(decodePortalMessage(fromHex(hex)).kind, 'payload');
});
