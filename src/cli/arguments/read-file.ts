import { readFile } from 'node:fs/promises';
import { CliError } from '../errors.ts';

/** The bytes of a file that the user named. @throws {CliError} CLI_NOT_FOUND */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    throw new CliError('CLI_NOT_FOUND', `cannot read ${JSON.stringify(file)}`, {
      cause,
      remedy: 'check the path, and that the file may be read',
    });
  }
}
