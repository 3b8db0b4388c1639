/**
 * Modules that a Sat keeps between sessions, by the lower-case hex of their SHA-256. `conformance.ts` holds each
 * implementation to what is said here. Nobody trusts a cache: whoever reads compares the digest (`module-shelf.ts`).
 */
export interface ModuleCache {
  /** The bytes that were put, as far as the cache can tell, owned by the caller. */
  readonly get: (digest: string) => Promise<Uint8Array | undefined>;
  /** Keeps `bytes` if there is room for them; they are read during the call only. */
  readonly put: (digest: string, bytes: Uint8Array) => Promise<void>;
  /** Forgets what `get` found to be something else. */
  readonly delete: (digest: string) => Promise<void>;
  /** What is there, the most recently used first, `max` at most. */
  readonly digests: (max: number) => Promise<readonly string[]>;
}

/** Ours. */
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

/** A cache that lives as long as the process; the least recently used modules leave when `maxBytes` are exceeded. */
export class MemoryModuleCache implements ModuleCache {
  readonly #maxBytes: number;
  /** Least recently used first. */
  readonly #modules = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(maxBytes: number = DEFAULT_MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get(digest: string): Promise<Uint8Array | undefined> {
    const bytes = this.#modules.get(digest);
    if (bytes !== undefined) {
      this.#modules.delete(digest);
      this.#modules.set(digest, bytes);
    }
    return Promise.resolve(bytes?.slice());
  }

  put(digest: string, bytes: Uint8Array): Promise<void> {
    this.#remove(digest);
    if (bytes.length <= this.#maxBytes) {
      this.#modules.set(digest, bytes.slice());
      this.#bytes += bytes.length;
    }
    for (const oldest of this.#modules.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#remove(oldest);
    }
    return Promise.resolve();
  }

  delete(digest: string): Promise<void> {
    this.#remove(digest);
    return Promise.resolve();
  }

  digests(max: number): Promise<readonly string[]> {
    return Promise.resolve([...this.#modules.keys()].reverse().slice(0, max));
  }

  #remove(digest: string): void {
    this.#bytes -= this.#modules.get(digest)?.length ?? 0;
    this.#modules.delete(digest);
  }
}
