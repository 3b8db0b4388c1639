import { createHash } from 'node:crypto';
import type { FunctionSandbox, LoadedFunction } from '../../compute/sandbox/index.ts';
import { SatError } from './errors.ts';
import type { ModuleCache } from './module-cache.ts';

/** Ours: compiled modules that no deployment uses but that may come back, as after a reconnection. */
const MAX_IDLE = 64;

/** What a shelf needs. */
export interface ModuleShelfOptions {
  readonly sandbox: Pick<FunctionSandbox, 'loadAside' | 'unload'>;
  readonly cache: ModuleCache;
  /** The cache failed, or holds something else under this digest; the module is fetched again. */
  readonly onCacheTrouble: (digest: string, reason: string) => void;
}

/** Gets the bytes of a module from where they are; undefined when they cannot be had. */
export type FetchModule = () => Promise<Uint8Array | undefined>;

interface Loaded {
  readonly module: Promise<LoadedFunction>;
  users: number;
}

/** The modules of a Sat: compiled once, however many deployments and sessions use them. */
export class ModuleShelf {
  readonly #options: ModuleShelfOptions;
  /** Least recently taken first. */
  readonly #loaded = new Map<string, Loaded>();

  constructor(options: ModuleShelfOptions) {
    this.#options = options;
  }

  /**
   * The module with this SHA-256, from here, from the cache, or by `fetch`; to be given back by {@link release}.
   * @param tenant whose it is: each has its own, because they may be kept apart.
   * @param digest lower-case hex.
   * @throws {SatError} SAT_MODULE_UNAVAILABLE; what `Sandbox.loadAside` throws.
   */
  async take(tenant: string, digest: string, fetch: FetchModule): Promise<LoadedFunction> {
    const key = keyOf(tenant, digest);
    const loaded = this.#loaded.get(key) ?? { module: this.#load(tenant, digest, fetch), users: 0 };
    loaded.users++;
    this.#loaded.delete(key);
    this.#loaded.set(key, loaded);
    try {
      return await loaded.module;
    } catch (error) {
      if (this.#loaded.get(key) === loaded) this.#loaded.delete(key);
      throw error;
    }
  }

  /** Gives back a module that was taken. */
  release(tenant: string, digest: string): void {
    const loaded = this.#loaded.get(keyOf(tenant, digest));
    if (loaded === undefined) return;
    loaded.users--;
    const idle = [...this.#loaded].filter(([, { users }]) => users <= 0);
    for (const [oldest, { module }] of idle.slice(0, -MAX_IDLE)) {
      this.#loaded.delete(oldest);
      void module.then((unused) => this.#options.sandbox.unload(unused));
    }
  }

  async #load(tenant: string, digest: string, fetch: FetchModule): Promise<LoadedFunction> {
    const { sandbox, cache } = this.#options;
    const cached = await this.#fromCache(digest);
    if (cached !== undefined) return sandbox.loadAside(cached, { tenant });
    const bytes = await fetch();
    if (bytes === undefined || sha256(bytes) !== digest) {
      const what = bytes === undefined ? 'the gateway does not have' : 'the gateway sent something else for';
      throw new SatError('SAT_MODULE_UNAVAILABLE', `${what} module ${digest}`);
    }
    const module = await sandbox.loadAside(bytes, { tenant });
    await cache.put(digest, bytes).catch((error: unknown) => this.#trouble(digest, error));
    return module;
  }

  /** Bytes of the cache, checked on every read: a disk can be damaged or tampered with. */
  async #fromCache(digest: string): Promise<Uint8Array | undefined> {
    const { cache, onCacheTrouble } = this.#options;
    try {
      const bytes = await cache.get(digest);
      if (bytes === undefined || sha256(bytes) === digest) return bytes;
      onCacheTrouble(digest, 'the cached bytes have another digest');
      await cache.delete(digest);
    } catch (error) {
      this.#trouble(digest, error);
    }
    return undefined;
  }

  #trouble(digest: string, error: unknown): void {
    this.#options.onCacheTrouble(digest, error instanceof Error ? error.message : String(error));
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function keyOf(tenant: string, digest: string): string {
  return `${digest} ${tenant}`;
}
