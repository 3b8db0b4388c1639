import { quoted } from '../../kernel/errors/index.ts';
import { NodeError } from '../errors.ts';

/** Deletes a folder of a home with all that is in it; harmless when it is not there. @throws {NodeError} NODE_HOME */
export function removeFolder(directory: string): void {
  const { rmSync } = process.getBuiltinModule('node:fs');
  try {
    rmSync(directory, { recursive: true, force: true });
  } catch (cause) {
    throw new NodeError('NODE_HOME', `the folder ${quoted(directory)} cannot be deleted`, {
      cause,
      remedy: 'check the owner and the permissions of that folder and of what is in it',
    });
  }
}
