/** The running keys and hash of a handshake. `secure-channel.md` §2.1; names as there. */
import { concat, EMPTY, utf8 } from '../../kernel/index.ts';
import { AEAD_TAG_LENGTH, aeadOpen, aeadSeal, CryptoError, hkdf2, sha256, SHA256_LENGTH } from '../crypto/index.ts';
import { NoiseError } from './errors.ts';
import { NonceBuffer } from './nonce.ts';

/** `ck`, `h`, `k` and `n`. Mutable; a reader that may fail works on a copy. */
export class SymmetricState {
  #ck: Uint8Array;
  #h: Uint8Array;
  #k: Uint8Array | undefined;
  #n = 0;

  private constructor(ck: Uint8Array, h: Uint8Array, k: Uint8Array | undefined, n: number) {
    this.#ck = ck;
    this.#h = h;
    this.#k = k;
    this.#n = n;
  }

  /** The state before message 1. A name of up to 32 bytes is padded with zeros, a longer one hashed. */
  static initialize(protocolName: string, prologue: Uint8Array): SymmetricState {
    const name = utf8(protocolName);
    const h = name.length <= SHA256_LENGTH ? concat(name, new Uint8Array(SHA256_LENGTH - name.length)) : sha256(name);
    const state = new SymmetricState(h.slice(), h, undefined, 0);
    state.mixHash(prologue);
    return state;
  }

  /** A copy that is changed and wiped on its own; `h`, which is replaced and never written to, is shared. */
  clone(): SymmetricState {
    return new SymmetricState(this.#ck.slice(), this.#h, this.#k?.slice(), this.#n);
  }

  /** The transcript so far, a copy. */
  get h(): Uint8Array {
    return this.#h.slice();
  }

  /** Bytes that encryption adds to a plaintext now. */
  get overhead(): number {
    return this.#k === undefined ? 0 : AEAD_TAG_LENGTH;
  }

  mixHash(data: Uint8Array): void {
    this.#h = sha256(this.#h, data);
  }

  /** Mixes in the result of a key agreement, which is wiped. */
  mixKey(dh: Uint8Array): void {
    const [ck, k] = hkdf2(this.#ck, dh);
    dh.fill(0);
    this.wipe();
    this.#ck = ck;
    this.#k = k;
    this.#n = 0;
  }

  /** Before the first key the plaintext goes in clear, but into the hash all the same. */
  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const sealed = this.#k === undefined ? plaintext : aeadSeal(this.#k, this.#nonce(), this.#h, plaintext);
    this.#step(sealed);
    return sealed;
  }

  /** @throws {NoiseError} NOISE_DECRYPT_FAILED, and nothing has changed */
  decryptAndHash(sealed: Uint8Array): Uint8Array {
    const plaintext = this.#k === undefined ? sealed.slice() : this.#open(this.#k, sealed);
    this.#step(sealed);
    return plaintext;
  }

  /** `(k1, k2) = HKDF2(ck, empty)`, which the caller wipes. */
  split(): readonly [Uint8Array, Uint8Array] {
    return hkdf2(this.#ck, EMPTY);
  }

  /** Overwrites the keys; the hash is no secret. */
  wipe(): void {
    this.#ck.fill(0);
    this.#k?.fill(0);
  }

  #open(k: Uint8Array, sealed: Uint8Array): Uint8Array {
    try {
      return aeadOpen(k, this.#nonce(), this.#h, sealed);
    } catch (cause) {
      if (!(cause instanceof CryptoError)) throw cause;
      throw new NoiseError('NOISE_DECRYPT_FAILED', 'a part of the handshake message is not authentic', { cause });
    }
  }

  #step(sealed: Uint8Array): void {
    this.mixHash(sealed);
    this.#n += 1;
  }

  #nonce(): Uint8Array {
    nonce.set(this.#n);
    return nonce.bytes;
  }
}

/** One for all: a cipher reads it as it is called and nobody keeps it. */
const nonce = new NonceBuffer();
