/** What is done with names in directories: each is looked up by {@link walk} and used where it was found. */
import { link, lstat, lutimes, mkdir, readlink, rename, rmdir, symlink, unlink, utimes } from 'node:fs/promises';
import { Errno, WasiFault } from '../errno.ts';
import type { FileOperation, FileStatus } from '../operation.ts';
import { newTimes } from './contents.ts';
import type { Handles, OpenHandle } from './handles.ts';
import { statusOf } from './status.ts';
import { inside, itself, type Place, walk } from './walk.ts';
import { NAME_BYTES, type WriteAllowance } from './write-allowance.ts';

type Operation<K extends FileOperation['operation']> = Extract<FileOperation, { operation: K }>;

const NEW_DIRECTORY_MODE = 0o777;

/** See `path_filestat_get`. */
export async function pathStatus(handles: Handles, operation: Operation<'pathStat'>): Promise<FileStatus> {
  const directory = await handles.directory(operation.directory);
  await using place = await walk(directory.file, operation.path, operation.follow);
  if (place.name === undefined) return statusOf(await place.parent.stat({ bigint: true }));
  const stats = await lstat(inside(place.parent, place.name), { bigint: true });
  if (place.directoryOnly && !stats.isDirectory()) throw new WasiFault(Errno.notdir);
  return statusOf(stats);
}

/** See `path_filestat_set_times`. */
export async function setPathTimes(handles: Handles, operation: Operation<'pathSetTimes'>): Promise<void> {
  const directory = await changeableDirectory(handles, operation.directory);
  await using place = await walk(directory.file, operation.path, operation.follow);
  if (place.name === undefined) {
    const { accessed, modified } = await newTimes(place.parent, operation);
    await utimes(itself(place.parent), accessed, modified);
    return;
  }
  const location = inside(place.parent, place.name);
  const { accessed, modified } = await newTimes({ stat: (() => lstat(location)) as never }, operation);
  await lutimes(location, accessed, modified);
}

/** See `path_create_directory`. */
export async function makeDirectory(
  handles: Handles,
  allowance: WriteAllowance,
  operation: Operation<'makeDirectory'>,
): Promise<void> {
  const directory = await changeableDirectory(handles, operation.directory);
  await using place = await walk(directory.file, operation.path, false);
  if (place.name === undefined) throw new WasiFault(Errno.exist);
  allowance.take(NAME_BYTES);
  await mkdir(inside(place.parent, place.name), NEW_DIRECTORY_MODE);
}

/** See `path_remove_directory` and `path_unlink_file`. */
export async function removePath(
  handles: Handles,
  operation: Operation<'removeDirectory'> | Operation<'unlink'>,
): Promise<void> {
  const directory = await changeableDirectory(handles, operation.directory);
  await using place = await walk(directory.file, operation.path, false);
  const location = locationOf(place);
  if (operation.operation === 'removeDirectory') {
    await rmdir(location);
    return;
  }
  if (place.directoryOnly) throw new WasiFault((await lstat(location)).isDirectory() ? Errno.isdir : Errno.notdir);
  await unlink(location);
}

/** See `path_readlink`. */
export async function readLink(handles: Handles, operation: Operation<'readLink'>): Promise<Uint8Array> {
  const directory = await handles.directory(operation.directory);
  await using place = await walk(directory.file, operation.path, false);
  if (place.name === undefined || place.directoryOnly) throw new WasiFault(Errno.inval);
  // Awaited here: the directory is closed as soon as this returns.
  return await readlink(inside(place.parent, place.name), { encoding: 'buffer' });
}

/** See `path_symlink`. A link that could lead out is refused: it would mislead others, who follow it without our care. */
export async function symlinkPath(
  handles: Handles,
  allowance: WriteAllowance,
  operation: Operation<'symlink'>,
): Promise<void> {
  const { target } = operation;
  const directory = await changeableDirectory(handles, operation.directory);
  await using place = await walk(directory.file, operation.path, false);
  if (place.name === undefined) throw new WasiFault(Errno.exist);
  if (place.directoryOnly) throw new WasiFault(Errno.noent);
  if (target === '') throw new WasiFault(Errno.noent);
  if (mayLeadOut(target)) throw new WasiFault(Errno.notcapable);
  allowance.take(NAME_BYTES);
  await symlink(target, inside(place.parent, place.name));
}

/** See `path_link`. Both directories must be writable: what is linked can be written through its new name. */
export async function linkPath(
  handles: Handles,
  allowance: WriteAllowance,
  operation: Operation<'link'>,
): Promise<void> {
  const from = await changeableDirectory(handles, operation.directory);
  const to = await changeableDirectory(handles, operation.newDirectory);
  await using source = await walk(from.file, operation.path, operation.follow);
  await using target = await walk(to.file, operation.newPath, false);
  if (source.directoryOnly) throw new WasiFault(source.name === undefined ? Errno.perm : Errno.notdir);
  if (target.directoryOnly) throw new WasiFault(target.name === undefined ? Errno.exist : Errno.noent);
  const location = locationOf(source);
  if ((await lstat(location)).isDirectory()) throw new WasiFault(Errno.perm);
  allowance.take(NAME_BYTES);
  await link(location, locationOf(target));
}

/** See `path_rename`. */
export async function renamePath(handles: Handles, operation: Operation<'rename'>): Promise<void> {
  const from = await changeableDirectory(handles, operation.directory);
  const to = await changeableDirectory(handles, operation.newDirectory);
  await using source = await walk(from.file, operation.path, false);
  await using target = await walk(to.file, operation.newPath, false);
  const location = locationOf(source);
  const newLocation = locationOf(target);
  if ((source.directoryOnly || target.directoryOnly) && !(await lstat(location)).isDirectory()) {
    throw new WasiFault(Errno.notdir);
  }
  await rename(location, newLocation);
}

async function changeableDirectory(handles: Handles, number: number): Promise<OpenHandle> {
  const directory = await handles.directory(number);
  if (!directory.changeable) throw new WasiFault(Errno.rofs);
  return directory;
}

/** Where the system finds the place's name. @throws {WasiFault} inval when it has none: nobody removes a directory from inside */
function locationOf({ parent, name }: Place): string {
  if (name === undefined) throw new WasiFault(Errno.inval);
  return inside(parent, name);
}

/**
 * Whether a link that says `target` leads out of its directory, or would when it, its directory or what the names in it stand for is
 * moved or replaced later: any `..` may.
 */
function mayLeadOut(target: string): boolean {
  return target.startsWith('/') || target.split('/').includes('..');
}
