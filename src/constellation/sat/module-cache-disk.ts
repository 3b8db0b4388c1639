/**
 * Modules on the disk of a Sat: one file each, `<digest>.wasm`, readable by its owner only.
 *
 * A file appears whole or not at all: it is written under another name and renamed. The time of last use is the file's
 * modification time, so that the least recently used leave first even after a restart.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { type Clock, quoted } from '../../kernel/index.ts';
import { SatError } from './errors.ts';
import type { ModuleCache } from './module-cache.ts';

const MODULE_FILE = /^([0-9a-f]{64})\.wasm$/;
const DIGEST = /^[0-9a-f]{64}$/;
const TEMPORARY_SUFFIX = '.part';

/** Ours. */
const DEFAULT_MAX_BYTES = 1024 * 1024 * 1024;

/** A directory that is a cache. */
export interface DiskModuleCacheOptions {
  /** Made if it is not there, with mode 0700. Nobody else may write to it while the cache is open. */
  readonly directory: string;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Of all modules together. Default 1 GiB. */
  readonly maxBytes?: number | undefined;
}

interface Entry {
  readonly size: number;
  usedAtMs: number;
}

/** A cache in a directory. Made by {@link DiskModuleCache.open}. */
export class DiskModuleCache implements ModuleCache {
  readonly #directory: string;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Entry>();

  private constructor(options: DiskModuleCacheOptions) {
    this.#directory = options.directory;
    this.#clock = options.clock;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /**
   * Opens the cache, removes what an interrupted write left behind and what exceeds `maxBytes`.
   * @throws {SatError} SAT_CACHE_UNUSABLE
   */
  static async open(options: DiskModuleCacheOptions): Promise<DiskModuleCache> {
    const cache = new DiskModuleCache(options);
    const { directory } = options;
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await chmod(directory, 0o700);
      for (const name of await readdir(directory)) await cache.#adopt(name);
      await cache.#shrink();
    } catch (cause) {
      throw new SatError('SAT_CACHE_UNUSABLE', `modules cannot be kept in ${quoted(directory)}`, { cause });
    }
    return cache;
  }

  async get(digest: string): Promise<Uint8Array | undefined> {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return undefined;
    try {
      const bytes = await readFile(this.#fileOf(digest));
      entry.usedAtMs = this.#clock.nowMs();
      const used = new Date(entry.usedAtMs);
      await utimes(this.#fileOf(digest), used, used);
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    } catch (cause) {
      this.#entries.delete(digest);
      if (isAbsent(cause)) return undefined;
      throw new SatError('SAT_CACHE_UNUSABLE', `the module ${digest} cannot be read`, { cause });
    }
  }

  async put(digest: string, bytes: Uint8Array): Promise<void> {
    if (!DIGEST.test(digest)) throw new SatError('SAT_CACHE_UNUSABLE', `not a digest: ${quoted(digest)}`);
    if (bytes.length > this.#maxBytes) return;
    const temporary = path.join(this.#directory, `${randomBytes(12).toString('hex')}${TEMPORARY_SUFFIX}`);
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.#fileOf(digest));
      this.#entries.set(digest, { size: bytes.length, usedAtMs: this.#clock.nowMs() });
      await this.#shrink();
    } catch (cause) {
      await rm(temporary, { force: true });
      throw new SatError('SAT_CACHE_UNUSABLE', `the module ${digest} cannot be kept`, { cause });
    }
  }

  async delete(digest: string): Promise<void> {
    if (this.#entries.delete(digest)) await rm(this.#fileOf(digest), { force: true });
  }

  digests(max: number): Promise<readonly string[]> {
    return Promise.resolve(
      this.#byUse()
        .reverse()
        .slice(0, max)
        .map(([digest]) => digest),
    );
  }

  async #adopt(name: string): Promise<void> {
    const file = path.join(this.#directory, name);
    const digest = MODULE_FILE.exec(name)?.[1];
    if (digest !== undefined) {
      const { size, mtimeMs } = await stat(file);
      this.#entries.set(digest, { size, usedAtMs: mtimeMs });
    } else if (name.endsWith(TEMPORARY_SUFFIX)) {
      await rm(file, { force: true });
    }
  }

  async #shrink(): Promise<void> {
    let bytes = 0;
    for (const { size } of this.#entries.values()) bytes += size;
    for (const [digest, { size }] of this.#byUse()) {
      if (bytes <= this.#maxBytes) return;
      bytes -= size;
      await this.delete(digest);
    }
  }

  /** Least recently used first; of equals the one that came first. */
  #byUse(): [string, Entry][] {
    return [...this.#entries].sort(([, a], [, b]) => a.usedAtMs - b.usedAtMs);
  }

  #fileOf(digest: string): string {
    return path.join(this.#directory, `${digest}.wasm`);
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
