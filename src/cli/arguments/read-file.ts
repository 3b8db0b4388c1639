import { CodedError } from '../../kernel/errors/index.ts';
import { CliError } from '../errors.ts';

/** Ours: as much as anything that a command takes may have. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** The bytes of a file that the user named. @throws {CliError} CLI_NOT_FOUND */
export async function readBytes(file: string): Promise<Uint8Array> {
  const { readUserFile } = await import('../../node/user-files/index.ts');
  try {
    return await readUserFile(file, MAX_FILE_BYTES);
  } catch (cause) {
    throw new CliError('CLI_NOT_FOUND', `cannot read ${JSON.stringify(file)}`, {
      cause,
      remedy: 'check the path, and that the file may be read',
    });
  }
}

/**
 * Has what is wrong with the bundle or module in `file` say that it is about this file, which whoever reads it does not know.
 * @throws what `work` raises
 */
export async function aboutFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isAbout = error instanceof CodedError && /^(?:BUNDLE|WASM|ABI|GATEWAY_DEPLOYMENT)_/.test(error.code);
    if (!isAbout || error.place !== undefined) throw error;
    const { code, message, cause, remedy } = error;
    throw new CodedError(code, message, { cause, place: file, remedy });
  }
}
