/**
 * What the guest's side of WASI asks of the files that were granted, and how it is answered: a file is opened and used outside
 * of the thread in which the guest runs, by number.
 */
import { Errno, WasiFault } from './errno.ts';

/** Largest piece of one read or write, bytes; a guest comes again for the rest. */
export const MAX_TRANSFER_BYTES: number = 1 << 20;

/** What to set a time to: nanoseconds since the epoch, the present, or what it is. */
export type TimeChange = bigint | 'now' | 'keep';

/** One operation on granted files. `directory` and `handle` are numbers: those below the number of grants are the grants. */
export type FileOperation =
  | {
      readonly operation: 'open';
      readonly directory: number;
      readonly path: string;
      readonly follow: boolean;
      readonly create: boolean;
      readonly directoryOnly: boolean;
      readonly exclusive: boolean;
      readonly truncate: boolean;
      readonly read: boolean;
      readonly write: boolean;
      /** Bits of `FdFlag`. */
      readonly flags: number;
    }
  | { readonly operation: 'close'; readonly handle: number }
  | { readonly operation: 'read'; readonly handle: number; readonly position: number; readonly length: number }
  /** With `position` undefined, at the end of the file. */
  | {
      readonly operation: 'write';
      readonly handle: number;
      readonly position: number | undefined;
      readonly bytes: Uint8Array;
    }
  | { readonly operation: 'stat'; readonly handle: number }
  | { readonly operation: 'setSize'; readonly handle: number; readonly size: number }
  | {
      readonly operation: 'setTimes';
      readonly handle: number;
      readonly access: TimeChange;
      readonly modification: TimeChange;
    }
  | { readonly operation: 'setFlags'; readonly handle: number; readonly flags: number }
  | { readonly operation: 'sync'; readonly handle: number; readonly dataOnly: boolean }
  | { readonly operation: 'list'; readonly handle: number; readonly from: number }
  | {
      readonly operation: 'pathStat';
      readonly directory: number;
      readonly path: string;
      readonly follow: boolean;
    }
  | {
      readonly operation: 'pathSetTimes';
      readonly directory: number;
      readonly path: string;
      readonly follow: boolean;
      readonly access: TimeChange;
      readonly modification: TimeChange;
    }
  | { readonly operation: 'makeDirectory'; readonly directory: number; readonly path: string }
  | { readonly operation: 'removeDirectory'; readonly directory: number; readonly path: string }
  | { readonly operation: 'unlink'; readonly directory: number; readonly path: string }
  | { readonly operation: 'readLink'; readonly directory: number; readonly path: string }
  | {
      readonly operation: 'symlink';
      readonly directory: number;
      readonly path: string;
      readonly target: string;
    }
  | {
      readonly operation: 'link';
      readonly directory: number;
      readonly path: string;
      readonly follow: boolean;
      readonly newDirectory: number;
      readonly newPath: string;
    }
  | {
      readonly operation: 'rename';
      readonly directory: number;
      readonly path: string;
      readonly newDirectory: number;
      readonly newPath: string;
    };

/** What is known of a file (`filestat`); times in nanoseconds since the epoch. */
export interface FileStatus {
  readonly device: bigint;
  readonly inode: bigint;
  /** One of `FileType`. */
  readonly type: number;
  readonly links: bigint;
  readonly size: bigint;
  readonly accessed: bigint;
  readonly modified: bigint;
  readonly changed: bigint;
}

/** One name in a directory. */
export interface DirectoryEntry {
  readonly inode: bigint;
  readonly type: number;
  readonly name: Uint8Array;
}

/** Some of the names in a directory, and whether they are the last. */
export interface DirectoryChunk {
  readonly entries: readonly DirectoryEntry[];
  readonly last: boolean;
}

/** What an operation gives; which of the fields is there depends on the operation. */
export interface FileAnswer {
  readonly errno: number;
  /** Of `open`. */
  readonly opened?: { readonly handle: number; readonly type: number };
  /** Of `read` and `readLink`. */
  readonly bytes?: Uint8Array;
  /** Of `write`. */
  readonly written?: number;
  /** Of `stat` and `pathStat`. */
  readonly status?: FileStatus;
  /** Of `list`. */
  readonly chunk?: DirectoryChunk;
}

const STATUS_BYTES = 57;
const ENTRY_BYTES = 11;
const Kind = { nothing: 0, opened: 1, bytes: 2, written: 3, status: 4, chunk: 5 } as const;

/** An answer as bytes: errno in two, the kind of what follows in one, all little-endian. */
export function packFileAnswer(answer: FileAnswer): Uint8Array {
  const { errno, opened, bytes, written, status, chunk } = answer;
  if (opened !== undefined) {
    const view = start(errno, Kind.opened, 5);
    view.setUint32(3, opened.handle, true);
    view.setUint8(7, opened.type);
    return whole(view);
  }
  if (bytes !== undefined) {
    const packed = whole(start(errno, Kind.bytes, bytes.length));
    packed.set(bytes, 3);
    return packed;
  }
  if (written !== undefined) {
    const view = start(errno, Kind.written, 4);
    view.setUint32(3, written, true);
    return whole(view);
  }
  if (status !== undefined) return packStatus(start(errno, Kind.status, STATUS_BYTES), status);
  if (chunk !== undefined) return packChunk(errno, chunk);
  return whole(start(errno, Kind.nothing, 0));
}

/** The reverse of {@link packFileAnswer}. @throws {WasiFault} io when the bytes are none. */
export function unpackFileAnswer(packed: Uint8Array): FileAnswer {
  try {
    const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
    const errno = view.getUint16(0, true);
    switch (view.getUint8(2)) {
      case Kind.nothing:
        return { errno };
      case Kind.opened:
        return { errno, opened: { handle: view.getUint32(3, true), type: view.getUint8(7) } };
      case Kind.bytes:
        return { errno, bytes: packed.subarray(3) };
      case Kind.written:
        return { errno, written: view.getUint32(3, true) };
      case Kind.status:
        return { errno, status: unpackStatus(view) };
      case Kind.chunk:
        return { errno, chunk: unpackChunk(view, packed) };
      default:
        throw new WasiFault(Errno.io);
    }
  } catch (error) {
    // A view that ends too early throws a RangeError.
    if (error instanceof RangeError) throw new WasiFault(Errno.io);
    throw error;
  }
}

function start(errno: number, kind: number, length: number): DataView<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(3 + length));
  view.setUint16(0, errno, true);
  view.setUint8(2, kind);
  return view;
}

function whole(view: DataView<ArrayBuffer>): Uint8Array {
  return new Uint8Array(view.buffer);
}

function packStatus(view: DataView<ArrayBuffer>, status: FileStatus): Uint8Array {
  const { device, inode, links, size, accessed, modified, changed } = status;
  view.setUint8(3, status.type);
  for (const [index, value] of [device, inode, links, size, accessed, modified, changed].entries()) {
    view.setBigUint64(4 + index * 8, value, true);
  }
  return whole(view);
}

function unpackStatus(view: DataView): FileStatus {
  const field = (index: number): bigint => view.getBigUint64(4 + index * 8, true);
  return {
    type: view.getUint8(3),
    device: field(0),
    inode: field(1),
    links: field(2),
    size: field(3),
    accessed: field(4),
    modified: field(5),
    changed: field(6),
  };
}

function packChunk(errno: number, { entries, last }: DirectoryChunk): Uint8Array {
  const view = start(
    errno,
    Kind.chunk,
    entries.reduce((sum, entry) => sum + ENTRY_BYTES + entry.name.length, 1),
  );
  const packed = whole(view);
  view.setUint8(3, last ? 1 : 0);
  let offset = 4;
  for (const { inode, type, name } of entries) {
    view.setBigUint64(offset, inode, true);
    view.setUint8(offset + 8, type);
    view.setUint16(offset + 9, name.length, true);
    packed.set(name, offset + ENTRY_BYTES);
    offset += ENTRY_BYTES + name.length;
  }
  return packed;
}

function unpackChunk(view: DataView, packed: Uint8Array): DirectoryChunk {
  const entries: DirectoryEntry[] = [];
  const last = view.getUint8(3) === 1;
  let offset = 4;
  while (offset < packed.length) {
    const length = view.getUint16(offset + 9, true);
    const end = offset + ENTRY_BYTES + length;
    if (end > packed.length) throw new WasiFault(Errno.io);
    const name = packed.subarray(offset + ENTRY_BYTES, end);
    entries.push({ inode: view.getBigUint64(offset, true), type: view.getUint8(offset + 8), name });
    offset = end;
  }
  return { entries, last };
}
