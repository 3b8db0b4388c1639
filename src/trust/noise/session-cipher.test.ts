import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { concat, EMPTY, fromHex, toHex, utf8 } from '../../kernel/index.ts';
import { aeadOpen, aeadSeal } from '../crypto/index.ts';
import { nextKey } from './key-chain.ts';
import { NonceBuffer } from './nonce.ts';
import { type CipherMode, SessionCipher } from './session-cipher.ts';

const KEY_A = new Uint8Array(32).fill(0xa1);
const KEY_B = new Uint8Array(32).fill(0xb2);

function pair(mode?: CipherMode, maxMessages?: number): [SessionCipher, SessionCipher] {
  return [
    new SessionCipher({ sendKey: KEY_A.slice(), receiveKey: KEY_B.slice(), mode, maxMessages }),
    new SessionCipher({ sendKey: KEY_B.slice(), receiveKey: KEY_A.slice(), mode, maxMessages }),
  ];
}

/** Seals messages 0 … count − 1, each with its counter as text. */
function sealed(sender: SessionCipher, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, counter) => sender.seal(utf8(String(counter))));
}

/** `secure-channel.md` §4.3 word by word, with big integers, a set and keys derived from the first one each time. */
class NaiveReceiver {
  #rekeys = 0n;
  #max = 0n;
  readonly #seen = new Set<bigint>();
  readonly #initial: Uint8Array;

  constructor(key: Uint8Array) {
    this.#initial = key;
  }

  open(message: Uint8Array): Uint8Array | undefined {
    if (message.length < 24) return undefined;
    const n = new DataView(message.buffer, message.byteOffset).getBigUint64(0);
    if (n > this.#max ? n - this.#max > 32n : this.#max - n > 32n || this.#seen.has(n)) return undefined;
    const start = 32n * this.#rekeys;
    let interval: bigint;
    if (n >= start && n < start + 32n) interval = this.#rekeys;
    else if (n >= start + 32n && n < start + 64n) interval = this.#rekeys + 1n;
    else if (n < start && start - n <= 32n && this.#rekeys > 0n) interval = this.#rekeys - 1n;
    else return undefined;
    let key = this.#initial;
    for (let i = 0n; i < interval; i++) key = nextKey(key);
    let plaintext: Uint8Array;
    try {
      plaintext = aeadOpen(key, concat(new Uint8Array(4), message.subarray(0, 8)), EMPTY, message.subarray(8));
    } catch {
      return undefined;
    }
    this.#seen.add(n);
    if (n > this.#max) this.#max = n;
    if (interval > this.#rekeys) this.#rekeys = interval;
    return plaintext;
  }
}

test('property: what is sealed in parts opens whole, in both directions', () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 });
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 70 }), fc.nat(30), (messages, before) => {
      const [a, b] = pair();
      for (const [counter, message] of messages.entries()) {
        const plaintext = concat(...message);
        const frame = new Uint8Array(before + plaintext.length + 24 + 5).fill(0xee);
        const end = a.sealInto(frame, before, message);
        assert.equal(end, frame.length - 5);
        assert.ok(frame.subarray(0, before).every((byte) => byte === 0xee));
        assert.ok(frame.subarray(end).every((byte) => byte === 0xee));
        assert.deepEqual(b.open(frame.subarray(before, end)), { counter, plaintext });
        assert.deepEqual(a.open(b.seal(plaintext)), { counter, plaintext });
      }
    }),
    { numRuns: 30 },
  );
});

test('sealing in place, from parts and alone give the same message', () => {
  const plaintext = Uint8Array.from({ length: 49_152 }, (_, index) => index & 0xff);
  const alone = pair()[0].seal(plaintext);
  const frame = new Uint8Array(plaintext.length + 30);
  pair()[0].sealInto(frame, 3, [plaintext.subarray(0, 40), EMPTY, plaintext.subarray(40)]);
  assert.deepEqual(frame.subarray(3, -3), alone);
  const inPlace = new Uint8Array(plaintext.length + 24);
  inPlace.set(plaintext, 8);
  assert.equal(pair()[0].sealInPlace(inPlace, 0, plaintext.length), inPlace.length);
  assert.deepEqual(inPlace, alone);
});

test('a frame without room is refused before a counter is used', () => {
  const [a] = pair();
  const frame = new Uint8Array(40);
  for (const offset of [-1, 7, 41, Number.NaN])
    assert.throws(() => a.sealInto(frame, offset, [new Uint8Array(10)]), { code: 'NOISE_FRAME_TOO_SMALL' });
  for (const length of [-1, 17, Number.NaN])
    assert.throws(() => a.sealInPlace(frame, 0, length), { code: 'NOISE_FRAME_TOO_SMALL' });
  assert.deepEqual(frame, new Uint8Array(40));
  assert.equal(a.sent, 0);
});

test('property: whatever arrives in whatever order, the receiver decides as the specification', () => {
  const [sender] = pair();
  const messages = sealed(sender, 300);
  const forge = (message: Uint8Array): Uint8Array => message.with(8, message[8]! ^ 1);
  const delivery = fc.record({ by: fc.integer({ min: -36, max: 36 }), forged: fc.boolean() });
  fc.assert(
    fc.property(fc.array(delivery, { minLength: 20, maxLength: 120 }), (deliveries) => {
      const [, receiver] = pair();
      const naive = new NaiveReceiver(KEY_A);
      let at = 0;
      for (const { by, forged } of deliveries) {
        at = Math.min(Math.max(0, at + by), messages.length - 1);
        const message = forged ? forge(messages[at]!) : messages[at]!;
        assert.deepEqual(tryOpen(receiver, message)?.plaintext, naive.open(message), `counter ${at}`);
      }
    }),
    { numRuns: 60 },
  );
});

test('31 lost messages in a row are survived, 32 are not', () => {
  const [sender, receiver] = pair();
  const messages = sealed(sender, 200);
  for (const counter of [0, 32, 64, 96, 128]) assert.equal(receiver.open(messages[counter]!).counter, counter);
  assert.throws(() => receiver.open(messages[161]!), { code: 'NOISE_OUTSIDE_WINDOW' });
  assert.equal(receiver.open(messages[160]!).counter, 160);
});

test('a late message of the interval before still opens, once', () => {
  const [sender, receiver] = pair();
  const messages = sealed(sender, 80);
  for (const counter of [20, 45, 31, 64, 40]) assert.equal(receiver.open(messages[counter]!).counter, counter);
  assert.throws(() => receiver.open(messages[40]!), { code: 'NOISE_REPLAYED' });
  assert.throws(() => receiver.open(messages[30]!), { code: 'NOISE_OUTSIDE_WINDOW' });
  assert.equal(receiver.open(messages[32]!).counter, 32);
});

test('every flipped byte and truncation of a message is refused, and changes nothing', () => {
  const [sender, receiver] = pair();
  const messages = sealed(sender, 66);
  // 31 and 32 lie on both sides of a rekey; 64 stays for the end.
  for (const counter of [0, 31, 32, 64]) {
    const message = messages[counter]!;
    for (let index = 0; index < message.length; index++) {
      for (const flip of [0x01, 0x80]) {
        const forged = message.with(index, message[index]! ^ flip);
        assert.throws(() => receiver.open(forged), /NoiseError/, `counter ${counter}, byte ${index}`);
      }
      assert.throws(() => receiver.open(message.subarray(0, index)), /NoiseError/);
    }
    assert.equal(receiver.open(message).counter, counter);
    assert.throws(() => receiver.open(message), { code: 'NOISE_REPLAYED' });
  }
});

test('exact lengths: 24 bytes are an empty message, 23 none', () => {
  const [a, b] = pair();
  const message = a.seal(EMPTY);
  assert.equal(message.length, 24);
  for (let length = 0; length < 24; length++)
    assert.throws(() => b.open(message.subarray(0, length)), { code: 'NOISE_MESSAGE_TOO_SHORT' });
  assert.throws(() => b.open(concat(message, Uint8Array.of(0))), { code: 'NOISE_DECRYPT_FAILED' });
  assert.deepEqual(b.open(message), { counter: 0, plaintext: EMPTY });
});

test('hostile counters', () => {
  for (const mode of ['channel', 'key-exchange-only'] as const) {
    const [, receiver] = pair(mode);
    for (const counter of ['0020000000000000', '8000000000000000', 'ffffffffffffffff', '001fffffffffffff']) {
      const reachable = mode === 'key-exchange-only' && counter.startsWith('001f');
      assert.throws(() => receiver.open(concat(fromHex(counter), new Uint8Array(16))), {
        code: reachable ? 'NOISE_DECRYPT_FAILED' : 'NOISE_OUTSIDE_WINDOW',
      });
    }
  }
});

test('a message of the own direction, reflected, is refused', () => {
  const [a] = pair();
  assert.throws(() => a.open(a.seal(utf8('mirror'))), { code: 'NOISE_DECRYPT_FAILED' });
});

test('key exchange only: one key for ever, any order, any number of times', () => {
  const [sender, receiver] = pair('key-exchange-only');
  const messages = sealed(sender, 100);
  for (const counter of [99, 0, 99, 50, 0, 64])
    assert.deepEqual(receiver.open(messages[counter]!), { counter, plaintext: utf8(String(counter)) });
  const far = new NonceBuffer();
  far.set(2 ** 53 - 1);
  const message = concat(far.counter, aeadSeal(KEY_A, far.bytes, EMPTY, utf8('far')));
  assert.deepEqual(receiver.open(message), { counter: 2 ** 53 - 1, plaintext: utf8('far') });
});

test('a channel and a key-exchange-only end understand each other for 32 messages', () => {
  const [sender] = pair('channel');
  const [, receiver] = pair('key-exchange-only');
  const messages = sealed(sender, 33);
  for (const message of messages.slice(0, 32)) receiver.open(message);
  assert.throws(() => receiver.open(messages[32]!), { code: 'NOISE_DECRYPT_FAILED' });
});

test('sending ends when the counters do', () => {
  for (const mode of ['channel', 'key-exchange-only'] as const) {
    const [a, b] = pair(mode, 33);
    for (let counter = 0; counter < 33; counter++) b.open(a.seal(EMPTY));
    assert.throws(() => a.seal(EMPTY), { code: 'NOISE_NONCE_EXHAUSTED' });
    assert.equal(a.sent, 33);
    assert.equal(a.open(b.seal(EMPTY)).counter, 0);
  }
});

test('closing wipes the keys and ends both directions', () => {
  const sendKey = KEY_A.slice();
  const receiveKey = KEY_B.slice();
  const cipher = new SessionCipher({ sendKey, receiveKey });
  cipher.close();
  cipher.close();
  assert.deepEqual([sendKey, receiveKey], [new Uint8Array(32), new Uint8Array(32)]);
  assert.throws(() => cipher.seal(EMPTY), { code: 'NOISE_CLOSED' });
  assert.throws(() => cipher.open(new Uint8Array(24)), { code: 'NOISE_CLOSED' });
});

test('replaced keys are wiped', () => {
  const sendKey = KEY_A.slice();
  const receiveKey = KEY_A.slice();
  const sender = new SessionCipher({ sendKey, receiveKey: KEY_B.slice() });
  const receiver = new SessionCipher({ sendKey: KEY_B.slice(), receiveKey });
  for (let counter = 0; counter <= 64; counter++) {
    const message = sender.seal(EMPTY);
    assert.equal(isZero(sendKey), counter >= 32, `send key at ${counter}`);
    receiver.open(message);
    assert.equal(isZero(receiveKey), counter >= 64, `receive key at ${counter}`);
  }
});

test('counters as nonces', () => {
  const nonce = new NonceBuffer();
  fc.assert(
    fc.property(fc.maxSafeNat(), (n) => {
      nonce.set(n);
      assert.equal(toHex(nonce.bytes), n.toString(16).padStart(24, '0'));
      assert.equal(nonce.read(fromHex(n.toString(16).padStart(16, '0'))), n);
    }),
  );
});

function tryOpen(cipher: SessionCipher, message: Uint8Array): { plaintext: Uint8Array } | undefined {
  try {
    return cipher.open(message);
  } catch (error) {
    assert.match(String(error), /^NoiseError/);
    return undefined;
  }
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

test('sealing in pieces gives the same message as sealing into a frame', () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 });
  fc.assert(
    fc.property(fc.array(parts, { minLength: 1, maxLength: 40 }), (messages) => {
      const [[pieces], [whole]] = [pair(), pair()];
      for (const message of messages) {
        assert.deepEqual(concat(...pieces.sealParts(message)), whole.seal(concat(...message)));
      }
    }),
  );
});
