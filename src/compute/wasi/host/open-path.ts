/**
 * Opening a file or directory by its path.
 *
 * What a name stands for is held first (`O_PATH`, which opens nothing yet), looked at, and only then opened, by way of what is
 * held: so a device, a pipe or a link that takes the name's place in between is never opened.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Errno, WasiFault } from '../errno.ts';
import type { FileOperation } from '../operation.ts';
import { FdFlag, FileType } from '../rights.ts';
import type { Handles, OpenHandle } from './handles.ts';
import { hasSystemCode, inside, itself, O_PATH, type Place, walk } from './walk.ts';
import { NAME_BYTES, type WriteAllowance } from './write-allowance.ts';

type OpenOperation = Extract<FileOperation, { operation: 'open' }>;

/** How often a name may appear and vanish between two looks before the guest is told to come again. */
const MAX_RACES = 8;
const NEW_FILE_MODE = 0o666;

/** Opens `operation.path`; see `path_open` of preview 1. */
export async function openPath(
  handles: Handles,
  allowance: WriteAllowance,
  operation: OpenOperation,
): Promise<{ handle: number; type: number }> {
  const directory = await handles.directory(operation.directory);
  const { create, directoryOnly, truncate, write } = operation;
  if ((write || create || truncate) && !directory.changeable) throw new WasiFault(Errno.rofs);
  if (create && directoryOnly) throw new WasiFault(Errno.inval);
  handles.checkRoom();
  await using place = await walk(directory.file, operation.path, operation.follow);
  const found = await findOrCreate(place, operation, allowance);
  const type = found.created ? FileType.regularFile : await examine(found.file, place, operation);
  const { changeable } = directory;
  if (type === FileType.directory) {
    return { handle: await handles.add({ type, file: found.file, changeable, read: true, write: false }), type };
  }
  const { read } = operation;
  const file = found.created ? found.file : await openContents(found.file, operation);
  return { handle: await handles.add({ type, file, changeable, read, write }), type };
}

/** The type of what is held, if the guest may open it in this way; otherwise `held` is closed. */
async function examine(held: FileHandle, place: Place, operation: OpenOperation): Promise<OpenHandle['type']> {
  try {
    const stats = await held.stat();
    if (operation.create && operation.exclusive) throw new WasiFault(Errno.exist);
    if (stats.isDirectory()) {
      if (operation.write || operation.truncate) throw new WasiFault(Errno.isdir);
      return FileType.directory;
    }
    if (stats.isSymbolicLink()) throw new WasiFault(Errno.loop);
    if (operation.directoryOnly || place.directoryOnly) throw new WasiFault(Errno.notdir);
    // Devices, pipes and sockets reach out of the directory that they lie in.
    if (!stats.isFile()) throw new WasiFault(Errno.notcapable);
    return FileType.regularFile;
  } catch (error) {
    await held.close();
    throw error;
  }
}

/** What the place names, held and not opened; or, if there is nothing and the guest wants that, a new file, open. */
async function findOrCreate(
  place: Place,
  operation: OpenOperation,
  allowance: WriteAllowance,
): Promise<{ file: FileHandle; created: boolean }> {
  const { parent, name } = place;
  if (name === undefined) return { file: await open(itself(parent), O_PATH | constants.O_DIRECTORY), created: false };
  const location = inside(parent, name);
  for (let races = 0; races < MAX_RACES; races++) {
    try {
      return { file: await open(location, O_PATH | constants.O_NOFOLLOW), created: false };
    } catch (error) {
      if (!operation.create || !hasSystemCode(error, 'ENOENT')) throw error;
    }
    if (place.directoryOnly) throw new WasiFault(Errno.isdir);
    allowance.take(NAME_BYTES);
    try {
      const flags = accessFlags(operation) | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      return { file: await open(location, flags, NEW_FILE_MODE), created: true };
    } catch (error) {
      if (!hasSystemCode(error, 'EEXIST')) throw error;
    }
  }
  throw new WasiFault(Errno.busy);
}

/** Opens for reading or writing the regular file that `held` holds; closes `held`. */
async function openContents(held: FileHandle, operation: OpenOperation): Promise<FileHandle> {
  try {
    return await open(itself(held), accessFlags(operation) | (operation.truncate ? constants.O_TRUNC : 0));
  } finally {
    await held.close();
  }
}

function accessFlags({ read, write, truncate, flags }: OpenOperation): number {
  const writes = write || truncate;
  const access = writes ? (read ? constants.O_RDWR : constants.O_WRONLY) : constants.O_RDONLY;
  return access | systemFlags(flags);
}

/** The system's flags for those of preview 1; a regular file never makes anybody wait, so `nonblock` is none. */
export function systemFlags(flags: number): number {
  const synchronous = flags & (FdFlag.sync | FdFlag.rsync) ? constants.O_SYNC : 0;
  return (
    synchronous | (flags & FdFlag.append ? constants.O_APPEND : 0) | (flags & FdFlag.dsync ? constants.O_DSYNC : 0)
  );
}

/** Opens the file of `handle` again with other flags; the file stays the same one. */
export async function reopen(handle: OpenHandle, flags: number): Promise<void> {
  const access = handle.write ? (handle.read ? constants.O_RDWR : constants.O_WRONLY) : constants.O_RDONLY;
  const again = await open(itself(handle.file), access | systemFlags(flags));
  const before = handle.file;
  handle.file = again;
  await before.close();
}
