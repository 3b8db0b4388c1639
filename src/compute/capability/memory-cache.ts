/** The cache of one process: bounded for each namespace, least recently used entries leave first. */
import { type Clock, quoted } from '../../kernel/index.ts';
import { CapabilityError } from './errors.ts';
import type { CacheProvider } from './providers.ts';

/** Bounds of a memory cache. A namespace cannot push out the entries of another. */
export interface MemoryCacheLimits {
  readonly maxNamespaces: number;
  readonly maxEntries: number;
  /** Keys and values of one namespace, in bytes; a key counts two for each UTF-16 unit. */
  readonly maxBytes: number;
}

interface Entry {
  readonly value: Uint8Array;
  readonly size: number;
  /** Monotonic milliseconds; infinite without expiry. */
  readonly expiresAtMs: number;
}

/** What an entry costs beside its key and value. */
const ENTRY_OVERHEAD_BYTES = 64;

const DEFAULT_LIMITS: MemoryCacheLimits = { maxNamespaces: 256, maxEntries: 10_000, maxBytes: 64 * 1024 * 1024 };

/**
 * A cache in memory. Entries expire by `clock` without timers: they are looked at when they are asked for or pushed out.
 * @throws {CapabilityError} CAPABILITY_BAD_LIMIT when a limit is not a positive whole number.
 */
export function memoryCache(clock: Pick<Clock, 'monotonicMs'>, limits: Partial<MemoryCacheLimits> = {}): CacheProvider {
  const bounds = { ...DEFAULT_LIMITS, ...limits };
  for (const [name, value] of Object.entries(bounds)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new CapabilityError(
        'CAPABILITY_BAD_LIMIT',
        `${name} must be a positive whole number, not ${quoted(value)}`,
      );
    }
  }
  const namespaces = new Map<string, Namespace>();
  return {
    get: (namespace, key) => Promise.resolve(namespaces.get(namespace)?.get(key, clock.monotonicMs())),
    set: (namespace, key, value, ttlSeconds) => {
      let space = namespaces.get(namespace);
      if (space === undefined) {
        if (namespaces.size >= bounds.maxNamespaces) dropIdle(namespaces, clock.monotonicMs());
        if (namespaces.size >= bounds.maxNamespaces) return Promise.resolve(false);
        space = new Namespace(bounds);
        namespaces.set(namespace, space);
      }
      const expiresAtMs = ttlSeconds > 0 ? clock.monotonicMs() + ttlSeconds * 1000 : Infinity;
      return Promise.resolve(space.set(key, value, expiresAtMs));
    },
  };
}

/** Makes room for another application where an old one has nothing left. */
function dropIdle(namespaces: Map<string, Namespace>, nowMs: number): void {
  for (const [name, namespace] of namespaces) if (namespace.isIdle(nowMs)) namespaces.delete(name);
}

class Namespace {
  readonly #bounds: MemoryCacheLimits;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(bounds: MemoryCacheLimits) {
    this.#bounds = bounds;
  }

  get(key: string, nowMs: number): Uint8Array | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#remove(key, entry);
    if (entry.expiresAtMs <= nowMs) return undefined;
    this.#add(key, entry);
    return entry.value.slice();
  }

  set(key: string, value: Uint8Array, expiresAtMs: number): boolean {
    const previous = this.#entries.get(key);
    if (previous !== undefined) this.#remove(key, previous);
    const size = key.length * 2 + value.length + ENTRY_OVERHEAD_BYTES;
    if (size > this.#bounds.maxBytes) return false;
    this.#add(key, { value, size, expiresAtMs });
    for (const [oldKey, oldest] of this.#entries) {
      if (this.#bytes <= this.#bounds.maxBytes && this.#entries.size <= this.#bounds.maxEntries) break;
      this.#remove(oldKey, oldest);
    }
    return true;
  }

  /** Whether every entry has expired. */
  isIdle(nowMs: number): boolean {
    return this.#entries.values().every((entry) => entry.expiresAtMs <= nowMs);
  }

  #add(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    this.#bytes += entry.size;
  }

  #remove(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= entry.size;
  }
}
