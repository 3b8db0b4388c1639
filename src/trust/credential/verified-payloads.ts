import type { Identity, PurposeKeyAttestationData } from '../identity/index.ts';
import type { IdentityAndCredentials } from './handshake-payload.ts';

/** Ours: how many are remembered, and how many bytes they have; the one that was not asked for the longest goes first. */
const MAX_REMEMBERED = 1024;
const MAX_BYTES = 1024 * 1024;

/** A payload that was verified, with what follows from its bytes alone and is the same at any time. */
export interface VerifiedPayload {
  readonly received: IdentityAndCredentials;
  /** Whose history it shows. */
  readonly identity: Identity;
  /** What its attestation states; the signature is that of `identity`. */
  readonly attestation: PurposeKeyAttestationData;
}

/**
 * Remembers the identity payloads of peers that were accepted, since a peer shows the same one in every handshake: decoding it and
 * verifying its signatures comes out the same each time. What depends on the time, on what else is known, on the static key of the
 * handshake or on a policy is asked anew each time (`verifyPeer`).
 */
export class VerifiedPayloads {
  readonly #remembered = new Map<string, { readonly payload: VerifiedPayload; readonly bytes: number }>();
  readonly #max: number;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(max: number = MAX_REMEMBERED, maxBytes: number = MAX_BYTES) {
    this.#max = max;
    this.#maxBytes = maxBytes;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#remembered.size;
  }

  /** The payload whose SHA-256 is `digest`; undefined when it is not remembered. */
  find(digest: string): VerifiedPayload | undefined {
    const found = this.#remembered.get(digest);
    if (found === undefined) return undefined;
    this.#remembered.delete(digest);
    this.#remembered.set(digest, found);
    return found.payload;
  }

  /** Remembers a payload of `bytes` bytes whose SHA-256 is `digest`. */
  keep(digest: string, payload: VerifiedPayload, bytes: number): void {
    this.#forget(digest);
    this.#remembered.set(digest, { payload, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size <= this.#max && this.#bytes <= this.#maxBytes) return;
      this.#forget(oldest);
    }
  }

  #forget(digest: string): void {
    this.#bytes -= this.#remembered.get(digest)?.bytes ?? 0;
    this.#remembered.delete(digest);
  }
}
