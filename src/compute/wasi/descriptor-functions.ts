/** Functions on descriptors (`fd_*`), their contents aside. */
import { descriptorWith, fileWith, readOffset, readTimes } from './access.ts';
import { mustHold, perform, present, type WasiContext, type WasiFunctions } from './call.ts';
import type { Descriptor } from './descriptors.ts';
import { Errno, WasiFault } from './errno.ts';
import { encodeFdstat, encodeFilestat, FDSTAT_BYTES, filestatBytes, PRESTAT_BYTES } from './layout.ts';
import type { FileStatus } from './operation.ts';
import { ALL_FD_FLAGS, FdFlag, FileType, Right } from './rights.ts';

const MAX_ADVICE = 5;
/** Flags that change nothing for a stream. */
const STREAM_FLAGS = FdFlag.append | FdFlag.nonblock;
const STREAM_STATUS: FileStatus = {
  device: 0n,
  inode: 0n,
  type: FileType.characterDevice,
  links: 0n,
  size: 0n,
  accessed: 0n,
  modified: 0n,
  changed: 0n,
};

/** See the functions of the same names in preview 1. */
export function descriptorFunctions(
  context: WasiContext,
): WasiFunctions<
  | 'fd_advise'
  | 'fd_allocate'
  | 'fd_close'
  | 'fd_renumber'
  | 'fd_datasync'
  | 'fd_sync'
  | 'fd_fdstat_get'
  | 'fd_fdstat_set_flags'
  | 'fd_fdstat_set_rights'
  | 'fd_filestat_get'
  | 'fd_filestat_set_size'
  | 'fd_filestat_set_times'
  | 'fd_prestat_get'
  | 'fd_prestat_dir_name'
> {
  const { memory, call } = context;

  const close = async (descriptor: Descriptor): Promise<void> => {
    if (descriptor.kind !== 'stream') await perform(context, { operation: 'close', handle: descriptor.handle });
  };

  return {
    fd_advise: (fd: number, _offset: bigint, _length: bigint, advice: number) => {
      fileWith(context, fd, Right.fdAdvise);
      return advice >>> 0 > MAX_ADVICE ? Errno.inval : Errno.success;
    },
    fd_allocate: (fd: number) => {
      fileWith(context, fd, Right.fdAllocate);
      return Errno.notsup;
    },
    fd_close: async (fd: number) => {
      await close(call().descriptors.remove(fd));
      return Errno.success;
    },
    fd_renumber: async (from: number, to: number) => {
      const replaced = call().descriptors.renumber(from, to);
      if (replaced !== undefined) await close(replaced);
      return Errno.success;
    },
    fd_datasync: async (fd: number) => {
      const { handle } = fileWith(context, fd, Right.fdDatasync);
      await perform(context, { operation: 'sync', handle, dataOnly: true });
      return Errno.success;
    },
    fd_sync: async (fd: number) => {
      const descriptor = descriptorWith(context, fd, Right.fdSync);
      if (descriptor.kind === 'stream') return Errno.spipe;
      await perform(context, { operation: 'sync', handle: descriptor.handle, dataOnly: false });
      return Errno.success;
    },
    fd_fdstat_get: (fd: number, pointer: number) => {
      mustHold(context, pointer, FDSTAT_BYTES);
      const descriptor = call().descriptors.get(fd);
      memory.write(
        pointer,
        encodeFdstat(typeOf(descriptor), descriptor.flags, descriptor.rights, descriptor.inheriting),
      );
      return Errno.success;
    },
    fd_fdstat_set_flags: async (fd: number, flags: number) => {
      if (flags >>> 0 > ALL_FD_FLAGS) return Errno.inval;
      const descriptor = descriptorWith(context, fd, Right.fdFdstatSetFlags);
      const changed = (descriptor.flags ^ flags) & ~FdFlag.nonblock;
      if (descriptor.kind !== 'file' && (flags & ~STREAM_FLAGS) !== 0) return Errno.notsup;
      if (descriptor.kind === 'file' && changed !== 0) {
        await perform(context, { operation: 'setFlags', handle: descriptor.handle, flags });
      }
      descriptor.flags = flags;
      return Errno.success;
    },
    fd_fdstat_set_rights: (fd: number, base: bigint, inheriting: bigint) => {
      const descriptor = call().descriptors.get(fd);
      const rights = BigInt.asUintN(64, base);
      const inherited = BigInt.asUintN(64, inheriting);
      if ((rights & ~descriptor.rights) !== 0n || (inherited & ~descriptor.inheriting) !== 0n) return Errno.notcapable;
      descriptor.rights = rights;
      descriptor.inheriting = inherited;
      return Errno.success;
    },
    fd_filestat_get: async (fd: number, pointer: number) => {
      mustHold(context, pointer, filestatBytes(context.snapshot));
      const descriptor = descriptorWith(context, fd, Right.fdFilestatGet);
      const status =
        descriptor.kind === 'stream'
          ? STREAM_STATUS
          : present((await perform(context, { operation: 'stat', handle: descriptor.handle })).status);
      memory.write(pointer, encodeFilestat(status, context.snapshot));
      return Errno.success;
    },
    fd_filestat_set_size: async (fd: number, size: bigint) => {
      const { handle } = fileWith(context, fd, Right.fdFilestatSetSize);
      await perform(context, { operation: 'setSize', handle, size: readOffset(size) });
      return Errno.success;
    },
    fd_filestat_set_times: async (fd: number, access: bigint, modification: bigint, flags: number) => {
      const times = readTimes(access, modification, flags);
      const descriptor = descriptorWith(context, fd, Right.fdFilestatSetTimes);
      if (descriptor.kind === 'stream') return Errno.spipe;
      await perform(context, { operation: 'setTimes', handle: descriptor.handle, ...times });
      return Errno.success;
    },
    fd_prestat_get: (fd: number, pointer: number) => {
      const { length } = grantedName(context, fd);
      mustHold(context, pointer, PRESTAT_BYTES);
      memory.writeU32(pointer, 0);
      memory.writeU32((pointer >>> 0) + 4, length);
      return Errno.success;
    },
    fd_prestat_dir_name: (fd: number, pointer: number, length: number) => {
      const name = grantedName(context, fd);
      if (length >>> 0 < name.length) return Errno.nametoolong;
      return memory.write(pointer, name) ? Errno.success : Errno.fault;
    },
  };
}

function typeOf(descriptor: Descriptor): number {
  if (descriptor.kind === 'stream') return FileType.characterDevice;
  return descriptor.kind === 'file' ? FileType.regularFile : FileType.directory;
}

function grantedName(context: WasiContext, fd: number): Uint8Array {
  const descriptor = context.call().descriptors.get(fd);
  const name = descriptor.kind === 'directory' ? descriptor.granted : undefined;
  if (name === undefined) throw new WasiFault(Errno.badf);
  return name;
}
