/**
 * Looks up a path inside of a directory that is open, and never leaves it (`runnable-abi.md` §10.2).
 *
 * One component is looked up at a time, in a directory that is held open, with links not followed by the system; what a
 * link says is read and looked up in the same way. `..` goes back to the directory that was come through, and not above the
 * first. So whatever others rename or link meanwhile, every name that is used lies in a directory that was reached from the
 * granted one without leaving it.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import { utf8 } from '../../../kernel/index.ts';
import { Errno, WasiFault } from '../errno.ts';
import { MAX_PATH_BYTES, pathText } from '../path-text.ts';

/** Opens a name without the right to read it, and a link as itself. Node does not name it; it is the same on all its Linux systems. */
export const O_PATH = 0o10000000;
/** How a directory on the way is opened. */
export const DIRECTORY_ONLY: number = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;

const MAX_NAME_BYTES = 255;
const MAX_LINKS = 32;
/** Directories that one look-up holds open. */
const MAX_DEPTH = 64;
/** Components that one look-up takes, those of links included. */
const MAX_STEPS = 1024;

/** The path by which the system finds `name` in the open `directory`, which must stay open meanwhile. */
export function inside(directory: FileHandle, name: string): string {
  return `/proc/self/fd/${directory.fd}/${name}`;
}

/** The path of what `handle` has open. */
export function itself(handle: FileHandle): string {
  return `/proc/self/fd/${handle.fd}`;
}

/** The end of a look-up; the directories on the way are open until it is disposed of. */
export interface Place extends AsyncDisposable {
  /** The directory in which `name` is to be used. */
  readonly parent: FileHandle;
  /** A single component, never `.` or `..`; undefined when the path means `parent` itself. */
  readonly name: string | undefined;
  /** Whether the path ends with a slash: it can only mean a directory. */
  readonly directoryOnly: boolean;
}

/**
 * Looks up `path` in `root`. The last component need not exist; a link there is followed if `follow` says so.
 * @throws {WasiFault} notcapable for an absolute path and one that leads out of `root`; loop; notdir; noent; nametoolong
 */
export async function walk(root: FileHandle, path: string, follow: boolean): Promise<Place> {
  const opened: FileHandle[] = [];
  const dispose = async (): Promise<void> => {
    for (const handle of opened.splice(0)) await handle.close();
  };
  try {
    const { name, directoryOnly } = await descend(root, opened, path, follow);
    const parent = opened.at(-1) ?? root;
    return { parent, name, directoryOnly, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function descend(
  root: FileHandle,
  opened: FileHandle[],
  path: string,
  follow: boolean,
): Promise<{ name: string | undefined; directoryOnly: boolean }> {
  const left: string[] = [];
  let directoryOnly = addComponents(left, path);
  let links = 0;
  const enterLink = (target: string, last: boolean): void => {
    if (++links > MAX_LINKS) throw new WasiFault(Errno.loop);
    const ends = addComponents(left, target);
    if (last) directoryOnly ||= ends;
  };
  for (let steps = 0; ; steps++) {
    const name = left.pop();
    if (name === undefined) return { name, directoryOnly: true };
    if (steps >= MAX_STEPS) throw new WasiFault(Errno.nametoolong);
    if (name === '.') continue;
    if (name === '..') {
      const above = opened.pop();
      if (above === undefined) throw new WasiFault(Errno.notcapable);
      await above.close();
      continue;
    }
    if (utf8(name).length > MAX_NAME_BYTES) throw new WasiFault(Errno.nametoolong);
    const parent = opened.at(-1) ?? root;
    if (left.length === 0) {
      const target = follow ? await linkTarget(parent, name) : undefined;
      if (target === undefined) return { name, directoryOnly };
      enterLink(target, true);
      continue;
    }
    const directory = await openDirectory(parent, name);
    if (directory !== undefined) {
      opened.push(directory);
      if (opened.length > MAX_DEPTH) throw new WasiFault(Errno.nametoolong);
      continue;
    }
    const target = await linkTarget(parent, name);
    if (target === undefined) throw new WasiFault(Errno.notdir);
    enterLink(target, false);
  }
}

/** Puts the components of `path` on top of `left`, the first uppermost; returns whether it ends like a directory's. */
function addComponents(left: string[], path: string): boolean {
  if (path === '') throw new WasiFault(Errno.noent);
  if (path.startsWith('/')) throw new WasiFault(Errno.notcapable);
  if (path.includes('\0')) throw new WasiFault(Errno.inval);
  if (utf8(path).length > MAX_PATH_BYTES) throw new WasiFault(Errno.nametoolong);
  const components = path.split('/').filter((component) => component !== '');
  left.push(...components.reverse());
  return path.endsWith('/');
}

/** The directory `name` in `parent`; undefined when it is something else, a link for one. */
async function openDirectory(parent: FileHandle, name: string): Promise<FileHandle | undefined> {
  try {
    return await open(inside(parent, name), DIRECTORY_ONLY);
  } catch (error) {
    if (hasSystemCode(error, 'ENOTDIR') || hasSystemCode(error, 'ELOOP')) return undefined;
    throw error;
  }
}

/** What the link `name` says; undefined when there is no such name or it is no link. */
async function linkTarget(parent: FileHandle, name: string): Promise<string | undefined> {
  let target: Uint8Array;
  try {
    target = await readlink(inside(parent, name), { encoding: 'buffer' });
  } catch (error) {
    if (hasSystemCode(error, 'EINVAL') || hasSystemCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  return pathText(target);
}

/** Whether the system's error has the code `code`. */
export function hasSystemCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
