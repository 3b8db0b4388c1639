/** Functions that read and write what is behind a descriptor. */
import { descriptorWith, directoryWith, fileWith, readOffset } from './access.ts';
import { mustHold, perform, present, type WasiContext, type WasiFunctions } from './call.ts';
import type { Descriptor, DirectoryDescriptor, FileDescriptor } from './descriptors.ts';
import { Errno, WasiFault } from './errno.ts';
import { DIRENT_BYTES, encodeDirent } from './layout.ts';
import type { DirectoryEntry } from './operation.ts';
import { FdFlag, FileType, Right } from './rights.ts';
import { MAX_LINE_BYTES } from './standard-streams.ts';
import { gather, readVectors, scatter, totalLength, type Vector } from './vectors.ts';

/** What one write to the log takes. */
const MAX_LOG_WRITE_BYTES = 65_536;
const MAX_LISTING_BYTES = 65_536;
const WHENCE = { 0: ['current', 'end', 'set'], 1: ['set', 'current', 'end'] } as const;
const encoder = new TextEncoder();

/** See the functions of the same names in preview 1. */
export function contentFunctions(
  context: WasiContext,
): WasiFunctions<'fd_read' | 'fd_pread' | 'fd_write' | 'fd_pwrite' | 'fd_seek' | 'fd_tell' | 'fd_readdir'> {
  const { memory, call } = context;

  const readFile = async (
    file: FileDescriptor,
    position: number,
    vectors: readonly Vector[],
    pointer: number,
  ): Promise<number> => {
    const length = totalLength(vectors);
    const answer =
      length > 0 ? await perform(context, { operation: 'read', handle: file.handle, position, length }) : undefined;
    const bytes = answer === undefined ? new Uint8Array(0) : present(answer.bytes).subarray(0, length);
    scatter(memory, vectors, bytes);
    memory.writeU32(pointer, bytes.length);
    return bytes.length;
  };

  const writeFile = async (
    file: FileDescriptor,
    position: number | undefined,
    vectors: readonly Vector[],
    pointer: number,
  ): Promise<number> => {
    const bytes = gather(memory, vectors);
    const { handle } = file;
    const written =
      bytes.length > 0 ? present((await perform(context, { operation: 'write', handle, position, bytes })).written) : 0;
    memory.writeU32(pointer, written);
    return written;
  };

  return {
    fd_read: async (fd: number, list: number, count: number, pointer: number) => {
      const descriptor = withContents(descriptorWith(context, fd, 0n), Right.fdRead);
      const vectors = readVectors(memory, list, count, call().transferBytes);
      mustHold(context, pointer, 4);
      if (descriptor.kind === 'stream') {
        const bytes = call().readInput(totalLength(vectors));
        scatter(memory, vectors, bytes);
        memory.writeU32(pointer, bytes.length);
        return Errno.success;
      }
      descriptor.position += await readFile(descriptor, descriptor.position, vectors, pointer);
      return Errno.success;
    },
    fd_pread: async (fd: number, list: number, count: number, offset: bigint, pointer: number) => {
      const file = fileWith(context, fd, Right.fdRead);
      const vectors = readVectors(memory, list, count, call().transferBytes);
      mustHold(context, pointer, 4);
      await readFile(file, readOffset(offset, Errno.inval), vectors, pointer);
      return Errno.success;
    },
    fd_write: (fd: number, list: number, count: number, pointer: number) => {
      if (call().bare && fd !== 1 && fd !== 2) return Errno.badf;
      const descriptor = withContents(descriptorWith(context, fd, 0n), Right.fdWrite);
      mustHold(context, pointer, 4);
      if (descriptor.kind === 'file') return writeAt(descriptor, list, count, pointer);
      const { stream } = descriptor;
      const vectors = call().collects(stream)
        ? readVectors(memory, list, count, call().transferBytes)
        : readVectors(memory, list, count, MAX_LOG_WRITE_BYTES, MAX_LINE_BYTES);
      call().write(stream, gather(memory, vectors));
      memory.writeU32(pointer, totalLength(vectors));
      return Errno.success;
    },
    fd_pwrite: async (fd: number, list: number, count: number, offset: bigint, pointer: number) => {
      const file = fileWith(context, fd, Right.fdWrite);
      const vectors = readVectors(memory, list, count, call().transferBytes);
      mustHold(context, pointer, 4);
      await writeFile(file, readOffset(offset), vectors, pointer);
      return Errno.success;
    },
    fd_seek: async (fd: number, offset: bigint, whence: number, pointer: number) => {
      const file = fileWith(context, fd, Right.fdSeek);
      const from = WHENCE[context.snapshot][whence >>> 0];
      if (from === undefined) return Errno.inval;
      mustHold(context, pointer, 8);
      let base = 0n;
      if (from === 'current') base = BigInt(file.position);
      if (from === 'end')
        base = present((await perform(context, { operation: 'stat', handle: file.handle })).status).size;
      const position = base + BigInt.asIntN(64, offset);
      if (position < 0n || position > BigInt(Number.MAX_SAFE_INTEGER)) return Errno.inval;
      file.position = Number(position);
      memory.writeU64(pointer, position);
      return Errno.success;
    },
    fd_tell: (fd: number, pointer: number) => {
      const { position } = fileWith(context, fd, Right.fdTell);
      return memory.writeU64(pointer, BigInt(position)) ? Errno.success : Errno.fault;
    },
    fd_readdir: async (fd: number, buffer: number, length: number, cookie: bigint, pointer: number) => {
      const directory = directoryWith(context, fd, Right.fdReaddir);
      mustHold(context, buffer, length);
      mustHold(context, pointer, 4);
      if (length >>> 0 < DIRENT_BYTES) return Errno.inval;
      const space = Math.min(length >>> 0, MAX_LISTING_BYTES);
      let used = 0;
      for (let number = readOffset(cookie, Errno.inval); used < space; number++) {
        const entry = await entryAt(context, directory, number);
        if (entry === undefined) break;
        // The last one is cut off where the buffer ends: so the guest knows that there are more.
        const piece = encodeDirent(entry, BigInt(number + 1)).subarray(0, space - used);
        memory.write((buffer >>> 0) + used, piece);
        used += piece.length;
      }
      memory.writeU32(pointer, used);
      return Errno.success;
    },
  };

  async function writeAt(file: FileDescriptor, list: number, count: number, pointer: number): Promise<number> {
    const vectors = readVectors(memory, list, count, call().transferBytes);
    const appends = (file.flags & FdFlag.append) !== 0;
    const written = await writeFile(file, appends ? undefined : file.position, vectors, pointer);
    if (appends) file.position = await sizeOf(context, file);
    else file.position += written;
    return Errno.success;
  }
}

/** A stream or file that has `right`. @throws {WasiFault} isdir; badf for a stream of the other direction; notcapable */
function withContents(descriptor: Descriptor, right: bigint): Exclude<Descriptor, DirectoryDescriptor> {
  if (descriptor.kind === 'directory') throw new WasiFault(Errno.isdir);
  if ((descriptor.rights & right) !== 0n) return descriptor;
  throw new WasiFault(descriptor.kind === 'stream' ? Errno.badf : Errno.notcapable);
}

async function sizeOf(context: WasiContext, { handle }: FileDescriptor): Promise<number> {
  const { size } = present((await perform(context, { operation: 'stat', handle })).status);
  return Number(size);
}

/** Entry number `number` of the directory, of which 0 and 1 are `.` and `..`; undefined behind the last. */
async function entryAt(
  context: WasiContext,
  directory: DirectoryDescriptor,
  number: number,
): Promise<DirectoryEntry | undefined> {
  const { handle } = directory;
  if (number < 2) {
    // What is above is not the guest's to know, so `..` has the number of the directory itself.
    const { inode } = present((await perform(context, { operation: 'stat', handle })).status);
    return { inode, type: FileType.directory, name: encoder.encode(number === 0 ? '.' : '..') };
  }
  const index = number - 2;
  const known = directory.listing;
  const offset = known === undefined ? -1 : index - known.from;
  if (known !== undefined && offset >= 0) {
    const entry = known.chunk.entries[offset];
    if (entry !== undefined) return entry;
    if (known.chunk.last) return undefined;
  }
  const chunk = present((await perform(context, { operation: 'list', handle, from: index })).chunk);
  directory.listing = { from: index, chunk };
  return chunk.entries[0];
}
