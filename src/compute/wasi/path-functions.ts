/** Functions on names in directories (`path_*`). */
import type { WasiFunction } from '../abi/index.ts';
import { directoryWith, readPath, readText, readTimes } from './access.ts';
import { mustHold, perform, present, type WasiContext, type WasiFunctions } from './call.ts';
import type { DirectoryDescriptor } from './descriptors.ts';
import { Errno, WasiFault } from './errno.ts';
import { encodeFilestat, filestatBytes } from './layout.ts';
import {
  ALL_FD_FLAGS,
  ALL_OPEN_FLAGS,
  DIRECTORY_RIGHTS,
  FileType,
  FILE_RIGHTS,
  OpenFlag,
  Right,
  SYMLINK_FOLLOW,
} from './rights.ts';

/** See the functions of the same names in preview 1. */
export function pathFunctions(context: WasiContext): WasiFunctions<Extract<WasiFunction, `path_${string}`>> {
  const { memory, call } = context;

  /** The operation on one name. */
  const at = (fd: number, right: bigint, pointer: number, length: number): { directory: number; path: string } => {
    const { handle } = directoryWith(context, fd, right);
    return { directory: handle, path: readPath(context, pointer, length) };
  };

  return {
    path_open: async (
      fd: number,
      lookupFlags: number,
      pointer: number,
      length: number,
      openFlags: number,
      base: bigint,
      inheriting: bigint,
      flags: number,
      opened: number,
    ) => {
      const has = (flag: number): boolean => (openFlags & flag) !== 0;
      if (openFlags >>> 0 > ALL_OPEN_FLAGS || flags >>> 0 > ALL_FD_FLAGS) return Errno.inval;
      mustHold(context, opened, 4);
      const needed =
        Right.pathOpen |
        (has(OpenFlag.create) ? Right.pathCreateFile : 0n) |
        (has(OpenFlag.truncate) ? Right.pathFilestatSetSize : 0n);
      const directory = directoryWith(context, fd, needed);
      const path = readPath(context, pointer, length);
      // Guests ask for all rights on directories too, none of which can be written.
      const asked = BigInt.asUintN(64, base) & ~(has(OpenFlag.directory) ? Right.fdWrite : 0n);
      const rights = requestedRights(directory, asked);
      call().descriptors.checkRoom();
      const answer = await perform(context, {
        operation: 'open',
        directory: directory.handle,
        path,
        follow: follows(lookupFlags),
        create: has(OpenFlag.create),
        directoryOnly: has(OpenFlag.directory),
        exclusive: has(OpenFlag.exclusive),
        truncate: has(OpenFlag.truncate),
        read: (rights & (Right.fdRead | Right.fdReaddir)) !== 0n,
        write: (rights & Right.fdWrite) !== 0n,
        flags,
      });
      const { handle, type } = present(answer.opened);
      const isDirectory = type === FileType.directory;
      const descriptor = {
        handle,
        rights: rights & (isDirectory ? DIRECTORY_RIGHTS : FILE_RIGHTS),
        inheriting: isDirectory ? BigInt.asUintN(64, inheriting) & directory.inheriting : 0n,
        flags,
      };
      const number = call().descriptors.add(
        isDirectory
          ? { ...descriptor, kind: 'directory', writable: directory.writable, granted: undefined, listing: undefined }
          : { ...descriptor, kind: 'file', position: 0 },
      );
      memory.writeU32(opened, number);
      return Errno.success;
    },
    path_create_directory: async (fd: number, pointer: number, length: number) => {
      await perform(context, { operation: 'makeDirectory', ...at(fd, Right.pathCreateDirectory, pointer, length) });
      return Errno.success;
    },
    path_remove_directory: async (fd: number, pointer: number, length: number) => {
      await perform(context, { operation: 'removeDirectory', ...at(fd, Right.pathRemoveDirectory, pointer, length) });
      return Errno.success;
    },
    path_unlink_file: async (fd: number, pointer: number, length: number) => {
      await perform(context, { operation: 'unlink', ...at(fd, Right.pathUnlinkFile, pointer, length) });
      return Errno.success;
    },
    path_filestat_get: async (fd: number, lookupFlags: number, pointer: number, length: number, status: number) => {
      mustHold(context, status, filestatBytes(context.snapshot));
      const where = at(fd, Right.pathFilestatGet, pointer, length);
      const answer = await perform(context, { operation: 'pathStat', ...where, follow: follows(lookupFlags) });
      memory.write(status, encodeFilestat(present(answer.status), context.snapshot));
      return Errno.success;
    },
    path_filestat_set_times: async (
      fd: number,
      lookupFlags: number,
      pointer: number,
      length: number,
      access: bigint,
      modification: bigint,
      flags: number,
    ) => {
      const times = readTimes(access, modification, flags);
      const where = at(fd, Right.pathFilestatSetTimes, pointer, length);
      await perform(context, { operation: 'pathSetTimes', ...where, follow: follows(lookupFlags), ...times });
      return Errno.success;
    },
    path_readlink: async (fd: number, pointer: number, length: number, buffer: number, space: number, used: number) => {
      mustHold(context, buffer, space);
      mustHold(context, used, 4);
      const answer = await perform(context, {
        operation: 'readLink',
        ...at(fd, Right.pathReadlink, pointer, length),
      });
      const target = present(answer.bytes).subarray(0, space >>> 0);
      memory.write(buffer, target);
      memory.writeU32(used, target.length);
      return Errno.success;
    },
    path_symlink: async (text: number, textLength: number, fd: number, pointer: number, length: number) => {
      const target = readText(context, text, textLength);
      await perform(context, { operation: 'symlink', ...at(fd, Right.pathSymlink, pointer, length), target });
      return Errno.success;
    },
    path_link: async (
      fd: number,
      lookupFlags: number,
      pointer: number,
      length: number,
      newFd: number,
      newPointer: number,
      newLength: number,
    ) => {
      const to = at(newFd, Right.pathLinkTarget, newPointer, newLength);
      await perform(context, {
        operation: 'link',
        ...at(fd, Right.pathLinkSource, pointer, length),
        follow: follows(lookupFlags),
        newDirectory: to.directory,
        newPath: to.path,
      });
      return Errno.success;
    },
    path_rename: async (
      fd: number,
      pointer: number,
      length: number,
      newFd: number,
      newPointer: number,
      newLength: number,
    ) => {
      const from = at(fd, Right.pathRenameSource, pointer, length);
      const to = at(newFd, Right.pathRenameTarget, newPointer, newLength);
      await perform(context, { operation: 'rename', ...from, newDirectory: to.directory, newPath: to.path });
      return Errno.success;
    },
  };
}

/**
 * What of the rights in `base` the directory passes on. Guests ask for more than they need, so the rest is left out in
 * silence; only writing, where it cannot be, is refused at once.
 */
function requestedRights(directory: DirectoryDescriptor, base: bigint): bigint {
  const rights = base & directory.inheriting;
  if ((base & Right.fdWrite) !== 0n && (rights & Right.fdWrite) === 0n) {
    throw new WasiFault(directory.writable ? Errno.notcapable : Errno.rofs);
  }
  return rights;
}

/** @throws {WasiFault} inval for a flag that there is not */
function follows(lookupFlags: number): boolean {
  if (lookupFlags >>> 0 > SYMLINK_FOLLOW) throw new WasiFault(Errno.inval);
  return lookupFlags === SYMLINK_FOLLOW;
}
