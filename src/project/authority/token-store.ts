/** Invitations that are open. `conformance.ts` holds each implementation to what is said here. */
import { toHex } from '../../kernel/index.ts';
import { sha256 } from '../../trust/crypto/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import type { MemberAttributes } from './attribute-names.ts';

/**
 * An open invitation (`project.md` §2.2). The code itself is nowhere: whoever reads the store can invite nobody, and a
 * lookup by hash tells an attacker with a stopwatch nothing about codes.
 */
export interface EnrollmentToken {
  /** SHA-256 of the code, lower-case hex. */
  readonly codeHash: string;
  readonly issuedBy: Identifier;
  /** Unix seconds. */
  readonly createdAtSeconds: number;
  /** Unix seconds; from this second on the token is worthless. */
  readonly expiresAtSeconds: number;
  /** At least 1. */
  readonly usesLeft: number;
  /** What its redeemers become. */
  readonly attributes: MemberAttributes;
}

/** The open invitations of one authority. */
export interface TokenStore {
  /** Adds a token; its hash is new, since codes are random. */
  readonly add: (token: EnrollmentToken) => Promise<void>;
  /**
   * Uses a token once and resolves to it as it was before; undefined when there is none or it has expired at `nowSeconds`.
   * Atomic: a token with n uses left is handed out n times, however many ask at once; after the last use it is gone.
   */
  readonly use: (codeHash: string, nowSeconds: number) => Promise<EnrollmentToken | undefined>;
  readonly count: () => Promise<number>;
  /** Forgets all that `issuer` made; resolves to how many those were. */
  readonly deleteIssuedBy: (issuer: Identifier) => Promise<number>;
  /** Forgets all that have expired at `nowSeconds`; resolves to how many those were. */
  readonly deleteExpired: (nowSeconds: number) => Promise<number>;
}

/** The name under which a code is stored. */
export function codeHashOf(code: Uint8Array): string {
  return toHex(sha256(code));
}

/** Invitations that live as long as the process. */
export class MemoryTokenStore implements TokenStore {
  readonly #tokens = new Map<string, EnrollmentToken>();

  add(token: EnrollmentToken): Promise<void> {
    this.#tokens.set(token.codeHash, { ...token, attributes: new Map(token.attributes) });
    return Promise.resolve();
  }

  use(codeHash: string, nowSeconds: number): Promise<EnrollmentToken | undefined> {
    const token = this.#tokens.get(codeHash);
    if (token === undefined || token.expiresAtSeconds <= nowSeconds) return Promise.resolve(undefined);
    if (token.usesLeft <= 1) this.#tokens.delete(codeHash);
    else this.#tokens.set(codeHash, { ...token, usesLeft: token.usesLeft - 1 });
    return Promise.resolve(token);
  }

  count(): Promise<number> {
    return Promise.resolve(this.#tokens.size);
  }

  deleteIssuedBy(issuer: Identifier): Promise<number> {
    let count = 0;
    for (const token of this.#tokens.values()) {
      if (token.issuedBy === issuer && this.#tokens.delete(token.codeHash)) count++;
    }
    return Promise.resolve(count);
  }

  deleteExpired(nowSeconds: number): Promise<number> {
    let count = 0;
    for (const token of this.#tokens.values()) {
      if (token.expiresAtSeconds <= nowSeconds && this.#tokens.delete(token.codeHash)) count++;
    }
    return Promise.resolve(count);
  }
}
