/** The descriptors of one call: three standard streams, the granted directories from 3 on, then what the guest opens. */
import { utf8 } from '../../kernel/index.ts';
import { Errno, WasiFault } from './errno.ts';
import type { DirectoryChunk } from './operation.ts';
import { CHANGING_RIGHTS, DIRECTORY_RIGHTS, FILE_RIGHTS, INPUT_RIGHTS, OUTPUT_RIGHTS } from './rights.ts';
import type { WasiSession } from './session.ts';

/** Standard input, output or error. */
export interface StreamDescriptor {
  readonly kind: 'stream';
  readonly stream: 0 | 1 | 2;
  rights: bigint;
  inheriting: bigint;
  flags: number;
}

/** A regular file. */
export interface FileDescriptor {
  readonly kind: 'file';
  readonly handle: number;
  rights: bigint;
  inheriting: bigint;
  flags: number;
  /** Where the next read or write begins. */
  position: number;
}

/** A directory. */
export interface DirectoryDescriptor {
  readonly kind: 'directory';
  readonly handle: number;
  /** Whether it was granted for writing, or lies in one that was. */
  readonly writable: boolean;
  /** Of a granted one, its name. */
  readonly granted: Uint8Array | undefined;
  rights: bigint;
  inheriting: bigint;
  flags: number;
  /** The names that were read last, the first of them number `from`. */
  listing: { readonly from: number; readonly chunk: DirectoryChunk } | undefined;
}

/** Anything that has a number. */
export type Descriptor = StreamDescriptor | FileDescriptor | DirectoryDescriptor;

/** One call's table. */
export class DescriptorTable {
  readonly #open = new Map<number, Descriptor>();
  readonly #most: number;
  #opened = 0;

  constructor(session: WasiSession) {
    this.#most = session.handles;
    for (const stream of [0, 1, 2] as const) {
      const rights = stream === 0 ? INPUT_RIGHTS : OUTPUT_RIGHTS;
      this.#open.set(stream, { kind: 'stream', stream, rights, inheriting: 0n, flags: 0 });
    }
    for (const [handle, { guestPath, writable }] of session.directories.entries()) {
      const withheld = writable ? 0n : CHANGING_RIGHTS;
      this.#open.set(3 + handle, {
        kind: 'directory',
        handle,
        writable,
        granted: utf8(guestPath),
        rights: DIRECTORY_RIGHTS & ~withheld,
        inheriting: (DIRECTORY_RIGHTS | FILE_RIGHTS) & ~withheld,
        flags: 0,
        listing: undefined,
      });
    }
  }

  /** @throws {WasiFault} badf */
  get(descriptor: number): Descriptor {
    const found = this.#open.get(descriptor >>> 0);
    if (found === undefined) throw new WasiFault(Errno.badf);
    return found;
  }

  /** @throws {WasiFault} mfile when the guest may not open another one */
  checkRoom(): void {
    if (this.#opened >= this.#most) throw new WasiFault(Errno.mfile);
  }

  /** Gives `descriptor` the lowest number that is free. */
  add(descriptor: FileDescriptor | DirectoryDescriptor): number {
    let number = 3;
    while (this.#open.has(number)) number++;
    this.#open.set(number, descriptor);
    this.#opened++;
    return number;
  }

  /** Takes a number out of use; returns what it stood for. @throws {WasiFault} badf */
  remove(descriptor: number): Descriptor {
    const found = this.get(descriptor);
    this.#open.delete(descriptor >>> 0);
    if (isOpened(found)) this.#opened--;
    return found;
  }

  /** Gives what is `from` the number `to`; returns what had it. @throws {WasiFault} badf unless both are in use */
  renumber(from: number, to: number): Descriptor | undefined {
    const moved = this.get(from);
    const replaced = this.get(to);
    if (moved === replaced) return undefined;
    this.remove(to);
    this.#open.delete(from >>> 0);
    this.#open.set(to >>> 0, moved);
    return replaced;
  }
}

function isOpened(descriptor: Descriptor): boolean {
  return descriptor.kind === 'file' || (descriptor.kind === 'directory' && descriptor.granted === undefined);
}
