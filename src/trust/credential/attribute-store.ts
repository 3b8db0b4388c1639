/** What is known about peers by credentials. `conformance.ts` holds each implementation to what is said here. */
import type { Identifier } from '../identity/index.ts';
import { type Attributes, cloneAttributes } from './attributes.ts';

/** What an issuer attested about a subject, as access decisions read it later (`identity.md` §8.4). */
export interface AttributesEntry {
  readonly subject: Identifier;
  /** Who attests. */
  readonly issuer: Identifier;
  readonly attributes: Attributes;
  /** When we received them, Unix seconds. */
  readonly addedAtSeconds: number;
  /** The last Unix second at which they count; undefined: they do not expire. */
  readonly expiresAtSeconds: number | undefined;
}

/** The attributes of peers: at most one entry a pair of subject and issuer. */
export interface AttributeStore {
  /** The entry that still counts at `nowSeconds`; an expired one is never returned. */
  readonly get: (subject: Identifier, issuer: Identifier, nowSeconds: number) => Promise<AttributesEntry | undefined>;
  /** Adds or replaces the entry of its subject and issuer; its bytes are read during the call only. */
  readonly put: (entry: AttributesEntry) => Promise<void>;
  /** Forgets the entry; resolves to whether there was one. */
  readonly delete: (subject: Identifier, issuer: Identifier) => Promise<boolean>;
  /** Forgets every entry that no longer counts at `nowSeconds`; resolves to how many those were. */
  readonly deleteExpired: (nowSeconds: number) => Promise<number>;
}

/** Attributes that live as long as the process. */
export class MemoryAttributeStore implements AttributeStore {
  readonly #entries = new Map<string, AttributesEntry>();

  get(subject: Identifier, issuer: Identifier, nowSeconds: number): Promise<AttributesEntry | undefined> {
    const entry = this.#entries.get(`${subject} ${issuer}`);
    return Promise.resolve(entry === undefined || isExpired(entry, nowSeconds) ? undefined : copyOf(entry));
  }

  put(entry: AttributesEntry): Promise<void> {
    this.#entries.set(`${entry.subject} ${entry.issuer}`, copyOf(entry));
    return Promise.resolve();
  }

  delete(subject: Identifier, issuer: Identifier): Promise<boolean> {
    return Promise.resolve(this.#entries.delete(`${subject} ${issuer}`));
  }

  deleteExpired(nowSeconds: number): Promise<number> {
    let count = 0;
    for (const [key, entry] of this.#entries) if (isExpired(entry, nowSeconds) && this.#entries.delete(key)) count++;
    return Promise.resolve(count);
  }
}

function copyOf(entry: AttributesEntry): AttributesEntry {
  return { ...entry, attributes: cloneAttributes(entry.attributes) };
}

function isExpired(entry: AttributesEntry, nowSeconds: number): boolean {
  return entry.expiresAtSeconds !== undefined && entry.expiresAtSeconds < nowSeconds;
}
