/**
 * The Noise XX handshake as one script that both roles follow. `secure-channel.md` §2.
 *
 * 1. The initiator writes message 1, the responder reads it: `e`.
 * 2. The responder writes message 2, the initiator reads it: `e, ee, s, es`.
 * 3. The initiator writes message 3, the responder reads it: `s, se`.
 * 4. Both finish: keys for the two directions and the transcript hash.
 *
 * A message is worked on in a draft of the state, which replaces the state only when all of it succeeded.
 */
import { concat, EMPTY } from '../../kernel/index.ts';
import { AEAD_TAG_LENGTH, PUBLIC_KEY_LENGTH } from '../crypto/index.ts';
import { NoiseError } from './errors.ts';
import { SymmetricState } from './symmetric-state.ts';
import type { VaultSteps } from './vault-steps.ts';

// Specification

/** The suite of secure channels. */
export const PROTOCOL_NAME = 'OCKAM_XX_25519_AES256_GCM_SHA256';
/** Bytes that no handshake message exceeds, in either direction. */
export const MAX_HANDSHAKE_MESSAGE_LENGTH = 65_535;

const XX = [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']] as const satisfies readonly (readonly Token[])[];
/** Bytes of each message beside its payload; also the least that is accepted. */
const OVERHEAD = [32, 32 + 48 + 16, 48 + 16] as const;
const DH_LENGTH: number = PUBLIC_KEY_LENGTH.x25519;
/** How every secure channel begins; holds no secret yet. */
const INITIAL = SymmetricState.initialize(PROTOCOL_NAME, EMPTY);

type Agreement = 'ee' | 'es' | 'se';
type Token = 'e' | 's' | Agreement;

/** Who began. */
export type Role = 'initiator' | 'responder';
/** What a handshake waits for. */
export type HandshakeTurn = 'write' | 'read' | 'finish' | 'closed';

/** How a handshake begins. */
export interface HandshakeOptions {
  readonly role: Role;
  /** Public half of the own static X25519 key, which must be in the vault that runs the steps. */
  readonly staticKey: Uint8Array;
  /** `PROTOCOL_NAME` unless given. */
  readonly protocolName?: string | undefined;
  /** Bytes that both sides must agree on beforehand; none unless given. */
  readonly prologue?: Uint8Array | undefined;
}

/** What a completed handshake leaves behind. The keys belong to the caller, who wipes them or gives them to a SessionCipher. */
export interface HandshakeResult {
  readonly role: Role;
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
  /** Static X25519 public key that the peer proved to hold. */
  readonly remoteStaticKey: Uint8Array;
  /** `h` after message 3: the same 32 bytes on both sides of this channel and of no other. Public; for channel binding. */
  readonly handshakeHash: Uint8Array;
}

/** All that a message changes; never modified once it is the state of a handshake. */
interface Progress {
  readonly symmetric: SymmetricState;
  /** Messages done. */
  step: number;
  /** Public half of the own ephemeral key. */
  e: Uint8Array | undefined;
  re: Uint8Array | undefined;
  rs: Uint8Array | undefined;
}

/**
 * One run of the handshake. Each message is a generator for `runWithVault`; one at a time.
 *
 * Every handshake ends with `finish`, or with `abandon`, which also removes the ephemeral key from the vault.
 */
export class Handshake {
  readonly role: Role;
  readonly #s: Uint8Array;
  #progress: Progress;
  #closed = false;

  constructor(options: HandshakeOptions) {
    this.role = options.role;
    this.#s = options.staticKey;
    const { protocolName, prologue } = options;
    const symmetric =
      protocolName === undefined && prologue === undefined
        ? INITIAL.clone()
        : SymmetricState.initialize(protocolName ?? PROTOCOL_NAME, prologue ?? EMPTY);
    this.#progress = { symmetric, step: 0, e: undefined, re: undefined, rs: undefined };
  }

  /** What may be called next. */
  get turn(): HandshakeTurn {
    if (this.#closed) return 'closed';
    const { step } = this.#progress;
    if (step === XX.length) return 'finish';
    return (step % 2 === 0) === (this.role === 'initiator') ? 'write' : 'read';
  }

  /** The peer's static key: proven from message 2 (initiator) or 3 (responder) on. */
  get remoteStaticKey(): Uint8Array | undefined {
    return this.#progress.rs;
  }

  /** `h`, the transcript of all messages so far, a copy. */
  get handshakeHash(): Uint8Array {
    return this.#progress.symmetric.h;
  }

  /**
   * Writes the next message; the payload of message 1 travels in clear.
   * @throws {NoiseError} NOISE_OUT_OF_TURN, NOISE_MESSAGE_TOO_LONG; {VaultError} from the vault. The state is as before.
   */
  *write(payload: Uint8Array = EMPTY): VaultSteps<Uint8Array> {
    const { tokens, overhead, draft, start } = this.#begin('write');
    requireAtMost(overhead + payload.length);
    try {
      const parts: Uint8Array[] = [];
      for (const token of tokens) {
        if (token === 'e') {
          draft.e = yield { operation: 'generate' };
          draft.symmetric.mixHash(draft.e);
          parts.push(draft.e);
        } else if (token === 's') parts.push(draft.symmetric.encryptAndHash(this.#s));
        else draft.symmetric.mixKey(yield* this.#agree(token, draft));
      }
      parts.push(draft.symmetric.encryptAndHash(payload));
      yield* this.#commit(draft, start);
      return concat(...parts);
    } catch (error) {
      draft.symmetric.wipe();
      if (draft.e !== undefined && draft.e !== start.e) yield { operation: 'delete', own: draft.e };
      throw error;
    }
  }

  /**
   * Reads the next message; returns its payload, which the caller owns.
   * @throws {NoiseError} NOISE_OUT_OF_TURN, NOISE_MESSAGE_TOO_LONG, NOISE_MESSAGE_TOO_SHORT, NOISE_DECRYPT_FAILED; {VaultError}
   * from the vault, VAULT_KEY_AGREEMENT_FAILED for a public key of low order. The state is as before.
   */
  *read(message: Uint8Array): VaultSteps<Uint8Array> {
    const { tokens, overhead, draft, start } = this.#begin('read');
    requireAtMost(message.length);
    if (message.length < overhead)
      throw new NoiseError('NOISE_MESSAGE_TOO_SHORT', `${message.length} bytes of at least ${overhead}`);
    try {
      let at = 0;
      for (const token of tokens) {
        if (token === 'e') {
          draft.re = message.slice(at, (at += DH_LENGTH));
          draft.symmetric.mixHash(draft.re);
        } else if (token === 's') {
          draft.rs = draft.symmetric.decryptAndHash(message.subarray(at, (at += DH_LENGTH + AEAD_TAG_LENGTH)));
        } else draft.symmetric.mixKey(yield* this.#agree(token, draft));
      }
      const payload = draft.symmetric.decryptAndHash(message.subarray(at));
      yield* this.#commit(draft, start);
      return payload;
    } catch (error) {
      draft.symmetric.wipe();
      throw error;
    }
  }

  /**
   * Takes the result, once, after message 3.
   * @throws {NoiseError} NOISE_NOT_COMPLETE, NOISE_CLOSED
   */
  finish(): HandshakeResult {
    const { symmetric, rs } = this.#progress;
    const turn = this.turn;
    if (turn === 'closed') throw new NoiseError('NOISE_CLOSED', 'the handshake is closed');
    if (turn !== 'finish' || rs === undefined)
      throw new NoiseError('NOISE_NOT_COMPLETE', `the handshake is to ${turn} message ${this.#progress.step + 1}`);
    const [k1, k2] = symmetric.split();
    this.#closed = true;
    symmetric.wipe();
    // The initiator sends with the second key, the reverse of Noise's own convention: `secure-channel.md` §3.1.
    const [sendKey, receiveKey] = this.role === 'initiator' ? [k2, k1] : [k1, k2];
    return { role: this.role, sendKey, receiveKey, remoteStaticKey: rs, handshakeHash: symmetric.h };
  }

  /** Ends the handshake in whatever state it is and removes its ephemeral key. Harmless when it has ended. */
  *abandon(): VaultSteps<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { symmetric, e, step } = this.#progress;
    symmetric.wipe();
    if (e !== undefined && step < XX.length) yield { operation: 'delete', own: e };
  }

  #begin(turn: 'write' | 'read'): {
    tokens: readonly Token[];
    overhead: number;
    draft: Progress;
    start: Progress;
  } {
    const start = this.#progress;
    const tokens = XX[start.step];
    const overhead = OVERHEAD[start.step];
    if (this.turn !== turn || tokens === undefined || overhead === undefined)
      throw new NoiseError('NOISE_OUT_OF_TURN', `the ${this.role} is to ${this.turn}, not to ${turn}`);
    return { tokens, overhead, draft: { ...start, symmetric: start.symmetric.clone() }, start };
  }

  /** `es` joins the initiator's ephemeral and the responder's static key, `se` the reverse. */
  *#agree(token: Agreement, { e, re, rs }: Progress): VaultSteps<Uint8Array> {
    const mine = token[this.role === 'initiator' ? 0 : 1];
    const theirs = token[this.role === 'initiator' ? 1 : 0];
    const own = mine === 'e' ? e : this.#s;
    const peer = theirs === 'e' ? re : rs;
    if (own === undefined || peer === undefined) throw new TypeError(`the pattern uses ${token} before its keys`);
    return yield { operation: 'agree', own, peer };
  }

  /** After the last message the ephemeral key goes first: a handshake that could not delete it does not complete. */
  *#commit(draft: Progress, start: Progress): VaultSteps<void> {
    draft.step += 1;
    if (draft.step === XX.length && draft.e !== undefined) yield { operation: 'delete', own: draft.e };
    if (this.#closed || this.#progress !== start)
      throw new NoiseError('NOISE_OUT_OF_TURN', 'the handshake went on while this message was worked on');
    start.symmetric.wipe();
    this.#progress = draft;
  }
}

function requireAtMost(length: number): void {
  if (length > MAX_HANDSHAKE_MESSAGE_LENGTH)
    throw new NoiseError('NOISE_MESSAGE_TOO_LONG', `${length} bytes of at most ${MAX_HANDSHAKE_MESSAGE_LENGTH}`);
}
