/** Encryption of the messages of one channel, both directions, synchronous. `secure-channel.md` §4. */
import { EMPTY } from '../../kernel/index.ts';
import { AEAD_TAG_LENGTH, aeadOpen, aeadSealInPlace, aeadSealParts, CryptoError } from '../crypto/index.ts';
import { NoiseError } from './errors.ts';
import { nextKey, ReceiveKeys, REKEY_INTERVAL } from './key-chain.ts';
import { COUNTER_LENGTH, MAX_COUNTER, NonceBuffer } from './nonce.ts';
import { ReplayWindow } from './replay-window.ts';

/** Bytes that sealing adds: the counter before, the tag behind. The least a message has. */
export const SEAL_OVERHEAD: number = COUNTER_LENGTH + AEAD_TAG_LENGTH;

/**
 * `channel`: a new key every 32 messages, replays refused. `key-exchange-only`: one key for ever and no replay check, for a user
 * who encrypts records that are read later, again or never. Both ends must have chosen the same. `secure-channel.md` §4.4.
 */
export type CipherMode = 'channel' | 'key-exchange-only';

/** What a session cipher is made of; a HandshakeResult fits. */
export interface SessionCipherOptions {
  /** 32 bytes each; the cipher owns and wipes them from here on. */
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
  /** `channel` unless given. */
  readonly mode?: CipherMode | undefined;
  /** Messages after which sending is refused; 2⁵³ − 1 unless given. */
  readonly maxMessages?: number | undefined;
}

/** An authentic message. */
export interface OpenedMessage {
  /** Its counter: 0, 1, 2 … in the order the peer sealed. */
  readonly counter: number;
  /** A new array, owned by the caller. */
  readonly plaintext: Uint8Array;
}

/** The two directions of a channel after its handshake. Holds keys until `close`. */
export class SessionCipher {
  #sendKey: Uint8Array;
  #sent = 0;
  readonly #receiveKeys: ReceiveKeys;
  readonly #window = new ReplayWindow();
  readonly #mode: CipherMode;
  readonly #maxMessages: number;
  readonly #nonce = new NonceBuffer();
  #closed = false;

  constructor(options: SessionCipherOptions) {
    this.#sendKey = options.sendKey;
    this.#receiveKeys = new ReceiveKeys(options.receiveKey);
    this.#mode = options.mode ?? 'channel';
    this.#maxMessages = Math.min(options.maxMessages ?? MAX_COUNTER, MAX_COUNTER);
  }

  /** Messages sealed so far, which is the counter of the next one. */
  get sent(): number {
    return this.#sent;
  }

  /**
   * Seals `plaintext` as a message of its own, a new array 24 bytes longer.
   * @throws {NoiseError} NOISE_CLOSED, NOISE_NONCE_EXHAUSTED
   */
  seal(plaintext: Uint8Array): Uint8Array {
    const message = new Uint8Array(plaintext.length + SEAL_OVERHEAD);
    this.sealInto(message, 0, [plaintext]);
    return message;
  }

  /**
   * Seals the concatenation of `parts` as the message at `offset` of `frame`; returns the offset behind the message, which is 24
   * bytes longer than the parts. No part may lie in that region, and on an error its content means nothing.
   * @throws {NoiseError} NOISE_CLOSED, NOISE_NONCE_EXHAUSTED, NOISE_FRAME_TOO_SMALL
   */
  sealInto(frame: Uint8Array, offset: number, parts: readonly Uint8Array[]): number {
    let length = 0;
    for (const part of parts) length += part.length;
    requireRoom(frame, offset, length);
    // Joining the parts where they are encrypted costs less than one more call into the cipher, at every size up to 48 KiB.
    let at = offset + COUNTER_LENGTH;
    for (const part of parts) {
      frame.set(part, at);
      at += part.length;
    }
    return this.sealInPlace(frame, offset, length);
  }

  /**
   * Seals the concatenation of `parts` as one message, in pieces whose concatenation it is: the counter, the ciphertext of each
   * part, the tag. No byte of a part is copied, which is what large messages want; short ones are cheaper by {@link sealInto}.
   * @throws {NoiseError} NOISE_CLOSED, NOISE_NONCE_EXHAUSTED
   */
  sealParts(parts: readonly Uint8Array[]): Uint8Array[] {
    this.#nonce.set(this.#takeCounter());
    const counter = this.#nonce.counter.slice();
    return [counter, ...aeadSealParts(this.#sendKey, this.#nonce.bytes, parts)];
  }

  /**
   * Seals a plaintext of `length` bytes that the caller has written to `offset + 8` of `frame`; returns the offset behind the
   * message, `offset + length + 24`. The least copying there is: encode into the frame, then seal.
   * @throws {NoiseError} NOISE_CLOSED, NOISE_NONCE_EXHAUSTED, NOISE_FRAME_TOO_SMALL; no counter is used
   */
  sealInPlace(frame: Uint8Array, offset: number, length: number): number {
    requireRoom(frame, offset, length);
    this.#nonce.set(this.#takeCounter());
    frame.set(this.#nonce.counter, offset);
    aeadSealInPlace(this.#sendKey, this.#nonce.bytes, frame, offset + COUNTER_LENGTH, length);
    return offset + length + SEAL_OVERHEAD;
  }

  /**
   * Opens a message of the peer. A refused one changes nothing, so a forger cannot harm the channel.
   * @throws {NoiseError} NOISE_CLOSED, NOISE_MESSAGE_TOO_SHORT, NOISE_REPLAYED, NOISE_OUTSIDE_WINDOW, NOISE_DECRYPT_FAILED
   */
  open(message: Uint8Array): OpenedMessage {
    if (this.#closed) throw closed();
    if (message.length < SEAL_OVERHEAD)
      throw new NoiseError('NOISE_MESSAGE_TOO_SHORT', `${message.length} bytes of at least ${SEAL_OVERHEAD}`);
    const counter = this.#nonce.read(message);
    const checked = this.#mode === 'channel';
    if (checked) this.#requireFresh(counter);
    const key = this.#receiveKeys.select(checked ? counter : 0);
    if (key === undefined || counter > MAX_COUNTER) throw outsideWindow(counter);
    const plaintext = this.#decrypt(key, message);
    if (checked) {
      this.#window.commit(counter);
      this.#receiveKeys.commit(key);
    }
    return { counter, plaintext };
  }

  /** Overwrites all keys; nothing can be sealed or opened afterwards. */
  close(): void {
    this.#closed = true;
    this.#sendKey.fill(0);
    this.#receiveKeys.wipe();
  }

  /** A counter is used up even if encryption then fails: it must never meet a second plaintext. */
  #takeCounter(): number {
    if (this.#closed) throw closed();
    const counter = this.#sent;
    if (counter >= this.#maxMessages)
      throw new NoiseError('NOISE_NONCE_EXHAUSTED', `the channel has sealed its ${counter} messages`, {
        remedy: 'Open a new channel.',
      });
    if (this.#mode === 'channel' && counter > 0 && counter % REKEY_INTERVAL === 0) {
      const next = nextKey(this.#sendKey);
      this.#sendKey.fill(0);
      this.#sendKey = next;
    }
    this.#sent = counter + 1;
    return counter;
  }

  #requireFresh(counter: number): void {
    const verdict = this.#window.judge(counter);
    if (verdict === 'acceptable') return;
    if (verdict === 'replayed') throw new NoiseError('NOISE_REPLAYED', `message ${counter} was opened before`);
    throw outsideWindow(counter);
  }

  #decrypt(key: Uint8Array, message: Uint8Array): Uint8Array {
    try {
      return aeadOpen(key, this.#nonce.bytes, EMPTY, message.subarray(COUNTER_LENGTH));
    } catch (cause) {
      this.#receiveKeys.dismiss(key);
      if (!(cause instanceof CryptoError)) throw cause;
      throw new NoiseError('NOISE_DECRYPT_FAILED', 'the message is not authentic', { cause });
    }
  }
}

function requireRoom(frame: Uint8Array, offset: number, length: number): void {
  const end = offset + length + SEAL_OVERHEAD;
  if (!(offset >= 0 && length >= 0 && end <= frame.length))
    throw new NoiseError('NOISE_FRAME_TOO_SMALL', `frame has ${frame.length} bytes, the message ends at ${end}`);
}

function outsideWindow(counter: number): NoiseError {
  return new NoiseError('NOISE_OUTSIDE_WINDOW', `counter ${counter} is too far from the highest accepted one`);
}

function closed(): NoiseError {
  return new NoiseError('NOISE_CLOSED', 'the session cipher is closed');
}
