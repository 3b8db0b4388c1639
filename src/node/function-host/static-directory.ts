import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { quoted } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';
import type { ReadStatic } from './function-host.ts';

/** Ours: the largest file that a function may read. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/**
 * The files below `directory`, for functions that may read them. A link that leads out of it is as good as absent.
 * @throws {NodeError} NODE_INPUT when it is no directory
 */
export async function staticDirectory(directory: string): Promise<ReadStatic> {
  let root: string;
  try {
    root = await realpath(directory);
  } catch (cause) {
    throw new NodeError('NODE_INPUT', `there is no directory ${quoted(directory)}`, { cause });
  }
  if (!(await stat(root)).isDirectory()) throw new NodeError('NODE_INPUT', `${quoted(directory)} is no directory`);
  return async (name) => {
    try {
      const file = await realpath(path.join(root, name));
      if (!file.startsWith(root + path.sep)) return undefined;
      const { size } = await stat(file);
      return size > MAX_FILE_BYTES ? undefined : new Uint8Array(await readFile(file));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
      throw error;
    }
  };
}
