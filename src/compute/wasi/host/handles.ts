/** The open files and directories of one call, by number. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Errno, WasiFault } from '../errno.ts';
import { FileType } from '../rights.ts';
import type { FileRoom } from './file-room.ts';
import type { GrantedDirectory } from './grant.ts';
import { Listing } from './listing.ts';
import { O_PATH } from './walk.ts';

/** One open file or directory. */
export interface OpenHandle {
  readonly type: typeof FileType.directory | typeof FileType.regularFile;
  file: FileHandle;
  /** Whether it lies in a directory that was granted for writing. */
  readonly changeable: boolean;
  /** Whether this file was opened for reading, and for writing. */
  readonly read: boolean;
  readonly write: boolean;
  readonly listing: Listing | undefined;
}

/** How a handle comes about. */
export type NewHandle = Omit<OpenHandle, 'listing'>;

/** The handles of one call; the granted directories come first and are opened when they are first used. */
export class Handles {
  readonly #room: FileRoom;
  readonly #granted: readonly GrantedDirectory[];
  readonly #most: number;
  readonly #open = new Map<number, OpenHandle>();
  readonly #closed = new Set<number>();
  readonly #unusable: (hostPath: string, error: unknown) => void;
  #next: number;
  #opened = 0;
  #told = false;

  /**
   * @param most how many handles beside the granted ones.
   * @param unusable told when a granted directory cannot be opened; once, as a guest may try for ever.
   */
  constructor(
    room: FileRoom,
    granted: readonly GrantedDirectory[],
    most: number,
    unusable: (hostPath: string, error: unknown) => void,
  ) {
    this.#room = room;
    this.#unusable = unusable;
    this.#granted = granted;
    this.#most = most;
    this.#next = granted.length;
  }

  /** @throws {WasiFault} badf when there is no such handle; what opening a granted directory fails with */
  async get(handle: number): Promise<OpenHandle> {
    return this.#open.get(handle) ?? (await this.#openGranted(handle));
  }

  /** The directory `handle`. @throws {WasiFault} badf, notdir */
  async directory(handle: number): Promise<OpenHandle> {
    const entry = await this.get(handle);
    if (entry.type !== FileType.directory) throw new WasiFault(Errno.notdir);
    return entry;
  }

  /** The regular file `handle`. @throws {WasiFault} badf, isdir */
  async file(handle: number): Promise<OpenHandle> {
    const entry = await this.get(handle);
    if (entry.type !== FileType.regularFile) throw new WasiFault(Errno.isdir);
    return entry;
  }

  /** Whether another handle may be opened. @throws {WasiFault} mfile */
  checkRoom(): void {
    if (this.#opened >= this.#most) throw new WasiFault(Errno.mfile);
  }

  /** Takes `handle` over, and closes it if there is no room for it. @throws {WasiFault} mfile, nfile */
  async add(handle: NewHandle): Promise<number> {
    try {
      this.checkRoom();
      this.#room.takeHandle();
    } catch (error) {
      await handle.file.close();
      throw error;
    }
    this.#opened++;
    const number = this.#next++;
    this.#open.set(number, complete(handle));
    return number;
  }

  /** @throws {WasiFault} badf */
  async close(handle: number): Promise<void> {
    const entry = this.#open.get(handle);
    if (entry === undefined && (this.#closed.has(handle) || this.#granted[handle] === undefined)) {
      throw new WasiFault(Errno.badf);
    }
    if (handle < this.#granted.length) this.#closed.add(handle);
    else this.#opened--;
    if (entry === undefined) return;
    this.#open.delete(handle);
    await this.#release(entry);
  }

  /** Closes everything. */
  async closeAll(): Promise<void> {
    const entries = [...this.#open.values()];
    this.#open.clear();
    this.#opened = 0;
    await Promise.all(entries.map((entry) => this.#release(entry)));
  }

  async #release(entry: OpenHandle): Promise<void> {
    try {
      await entry.listing?.close();
    } finally {
      this.#room.giveHandle();
      await entry.file.close();
    }
  }

  async #openGranted(handle: number): Promise<OpenHandle> {
    const granted = this.#granted[handle];
    if (granted === undefined || this.#closed.has(handle)) throw new WasiFault(Errno.badf);
    this.#room.takeHandle();
    try {
      const file = await open(granted.hostPath, O_PATH | constants.O_DIRECTORY);
      const { writable: changeable } = granted;
      const entry = complete({ type: FileType.directory, file, changeable, read: true, write: false });
      this.#open.set(handle, entry);
      return entry;
    } catch (error) {
      this.#room.giveHandle();
      if (!this.#told) this.#unusable(granted.hostPath, error);
      this.#told = true;
      throw error;
    }
  }
}

function complete(handle: NewHandle): OpenHandle {
  return { ...handle, listing: handle.type === FileType.directory ? new Listing(handle.file) : undefined };
}
