/** Reads the files of a project: regular files only, within bounds, in an order that does not depend on the disk. */
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { BytesError, fromUtf8, quoted } from '../kernel/index.ts';
import { ToolchainError } from './errors.ts';

/** Far beyond any text that a person writes. */
const MAX_TEXT_BYTES = 4 << 20;

/**
 * The bytes of the regular file `file`; `undefined` when there is none. A link is not followed: what goes into a bundle must
 * lie in the project, and a pipe or device may never end.
 * @throws {ToolchainError} TOOLCHAIN_FILE
 */
export async function readBytes(file: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    const status = await lstat(file);
    if (!status.isFile()) throw new ToolchainError('TOOLCHAIN_FILE', `${quoted(file)} is not a regular file`);
    if (status.size > maxBytes) {
      throw new ToolchainError('TOOLCHAIN_FILE', `${quoted(file)} is larger than ${maxBytes} bytes`);
    }
    const content = await readFile(file);
    return new Uint8Array(content.buffer, content.byteOffset, content.length);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause instanceof ToolchainError ? cause : unreadable(file, cause);
  }
}

/**
 * The UTF-8 text of a regular file; as {@link readBytes}.
 * @throws {ToolchainError} TOOLCHAIN_FILE
 */
export async function readText(file: string): Promise<string | undefined> {
  const bytes = await readBytes(file, MAX_TEXT_BYTES);
  try {
    return bytes && fromUtf8(bytes);
  } catch (cause) {
    if (!(cause instanceof BytesError)) throw cause;
    throw new ToolchainError('TOOLCHAIN_FILE', `${quoted(file)} is not UTF-8`, { cause });
  }
}

/** Whether there is anything under the name `file`. */
export async function exists(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw unreadable(file, cause);
  }
}

/**
 * Whether `file` is a folder; a link to one counts.
 * @throws {ToolchainError} TOOLCHAIN_NO_APPLICATION when there is nothing.
 */
export async function isFolder(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isDirectory();
  } catch (cause) {
    if (!isMissing(cause)) throw unreadable(file, cause);
    throw new ToolchainError('TOOLCHAIN_NO_APPLICATION', `there is no ${quoted(file)}`, { cause });
  }
}

/** One name in a folder. */
export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
}

/**
 * What `folder` holds, by name.
 * @throws {ToolchainError} TOOLCHAIN_FILE
 */
export async function entriesOf(folder: string): Promise<readonly Entry[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .map((entry): Entry => {
        const kind = entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other';
        return { name: entry.name, kind };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function unreadable(file: string, cause: unknown): ToolchainError {
  return new ToolchainError('TOOLCHAIN_FILE', `${quoted(file)} cannot be read`, { cause });
}
