/** The names in a directory, a chunk at a time, from any place on. */
import type { Dir } from 'node:fs';
import { type FileHandle, lstat, opendir } from 'node:fs/promises';
import { isUtf8 } from 'node:buffer';
import { Errno, WasiFault } from '../errno.ts';
import type { DirectoryChunk, DirectoryEntry } from '../operation.ts';
import { statusOf } from './status.ts';
import { hasSystemCode, inside, itself } from './walk.ts';

const CHUNK_ENTRIES = 128;
/** How far one request may skip; a guest that wants to go further must read on. */
const MAX_SKIP = 100_000;

/** A place in a directory's names. */
export class Listing {
  readonly #directory: FileHandle;
  #dir: Dir | undefined;
  #next = 0;

  /** @param directory stays the caller's, and must be open for as long as this is used. */
  constructor(directory: FileHandle) {
    this.#directory = directory;
  }

  /** The names from number `from` on. Names that are not UTF-8 are left out: no guest could use them. */
  async read(from: number): Promise<DirectoryChunk> {
    if (from > MAX_SKIP && from !== this.#next) throw new WasiFault(Errno.inval);
    if (this.#dir === undefined || from < this.#next) await this.#rewind();
    const entries: DirectoryEntry[] = [];
    while (entries.length < CHUNK_ENTRIES) {
      const name = await this.#read();
      if (name === undefined) return { entries, last: true };
      if (this.#next++ >= from) entries.push(await this.#describe(name));
    }
    return { entries, last: false };
  }

  /** Ends the listing; a later read begins anew. */
  async close(): Promise<void> {
    const dir = this.#dir;
    this.#dir = undefined;
    await dir?.close();
  }

  async #rewind(): Promise<void> {
    await this.close();
    this.#dir = await opendir(itself(this.#directory), { encoding: 'buffer' as BufferEncoding });
    this.#next = 0;
  }

  async #read(): Promise<string | undefined> {
    for (;;) {
      const entry = await this.#dir?.read();
      if (entry === undefined || entry === null) return undefined;
      const name = entry.name as unknown as Buffer;
      if (isUtf8(name)) return name.toString('utf8');
    }
  }

  /** With its number and type; of one that has gone in between, nothing is known. */
  async #describe(name: string): Promise<DirectoryEntry> {
    const bytes = new TextEncoder().encode(name);
    try {
      const { inode, type } = statusOf(await lstat(inside(this.#directory, name), { bigint: true }));
      return { inode, type, name: bytes };
    } catch (error) {
      if (hasSystemCode(error, 'ENOENT') || hasSystemCode(error, 'EACCES')) return { inode: 0n, type: 0, name: bytes };
      throw error;
    }
  }
}
