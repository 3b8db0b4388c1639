import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../environment.ts';

const DEFAULT_PAGER = 'less';

/**
 * Shows `text` page by page on the terminal of this process, with the program that `PAGER` names, by default `less` (`commands.md` §5.6).
 * @returns false when there is no such program; nothing was shown then.
 */
export async function page(text: string, environment: Environment): Promise<boolean> {
  const program = findProgram(environment['PAGER'] || DEFAULT_PAGER, environment['PATH'] ?? '');
  if (program === undefined) return false;
  // Quit when it fits on one screen, show colours, leave the screen as it is.
  const env = { ...environment, LESS: 'FRX' };
  const child = spawn(program, [], { stdio: ['pipe', 'inherit', 'inherit'], env });
  // Ctrl-C is for the pager; when this process ended first, two would read from the terminal.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  try {
    return await new Promise<boolean>((resolve, reject) => {
      child.once('error', () => resolve(false));
      child.once('close', () => resolve(true));
      child.stdin.on('error', (error: NodeJS.ErrnoException) => {
        // Whoever has read enough closes the pager.
        if (error.code !== 'EPIPE') reject(error);
      });
      child.stdin.end(text);
    });
  } finally {
    process.off('SIGINT', ignore);
  }
}

/** The path of an executable file, looked up as a shell does; undefined when there is none. */
function findProgram(name: string, searchPath: string): string | undefined {
  const candidates = name.includes(path.sep)
    ? [name]
    : searchPath
        .split(path.delimiter)
        .filter((directory) => directory !== '')
        .map((directory) => path.join(directory, name));
  return candidates.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // Not there, or not for this user: the next one is looked at.
    return false;
  }
}
