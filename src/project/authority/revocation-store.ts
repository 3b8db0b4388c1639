/** What issuers have taken back. `conformance.ts` holds each implementation to what is said here. */
import type { Identifier } from '../../trust/identity/index.ts';

/** All that `issuer` attested about `subject` until a moment does not count any more (`project.md` §8). */
export interface Revocation {
  readonly issuer: Identifier;
  readonly subject: Identifier;
  /** Unix seconds: what was issued in this second or before is taken back. */
  readonly revokedAtSeconds: number;
  /** Unix seconds: from then on no such credential is valid anyhow, and the revocation can be forgotten. */
  readonly endsAtSeconds: number;
}

/** A revocation in its place in the order in which they came. */
export interface NumberedRevocation extends Revocation {
  /** Positive; greater than that of all that came before, also of those that were forgotten. */
  readonly sequence: number;
}

/** Revocations: at most one for each pair of issuer and subject. */
export interface RevocationStore {
  /** Adds a revocation, or replaces the one of its pair; it gets the next number. */
  readonly put: (revocation: Revocation) => Promise<void>;
  readonly get: (issuer: Identifier, subject: Identifier) => Promise<NumberedRevocation | undefined>;
  /** Those of `issuer` with a greater number than `after`, in their order, `limit` at most. */
  readonly list: (issuer: Identifier, after: number, limit: number) => Promise<readonly NumberedRevocation[]>;
  /** How many there are of `issuer`. */
  readonly count: (issuer: Identifier) => Promise<number>;
  /** Forgets those that end at `nowSeconds` or before; resolves to how many those were. */
  readonly deleteEnded: (nowSeconds: number) => Promise<number>;
}

/** Revocations that live as long as the process. */
export class MemoryRevocationStore implements RevocationStore {
  readonly #revocations = new Map<string, NumberedRevocation>();
  #last = 0;

  put(revocation: Revocation): Promise<void> {
    const key = `${revocation.issuer} ${revocation.subject}`;
    this.#revocations.delete(key);
    this.#revocations.set(key, { ...revocation, sequence: ++this.#last });
    return Promise.resolve();
  }

  get(issuer: Identifier, subject: Identifier): Promise<NumberedRevocation | undefined> {
    return Promise.resolve(this.#revocations.get(`${issuer} ${subject}`));
  }

  list(issuer: Identifier, after: number, limit: number): Promise<readonly NumberedRevocation[]> {
    const found = [...this.#revocations.values()].filter((one) => one.issuer === issuer && one.sequence > after);
    return Promise.resolve(found.slice(0, limit));
  }

  count(issuer: Identifier): Promise<number> {
    return Promise.resolve([...this.#revocations.values()].filter((one) => one.issuer === issuer).length);
  }

  deleteEnded(nowSeconds: number): Promise<number> {
    let count = 0;
    for (const [key, { endsAtSeconds }] of this.#revocations) {
      if (endsAtSeconds <= nowSeconds && this.#revocations.delete(key)) count++;
    }
    return Promise.resolve(count);
  }
}
