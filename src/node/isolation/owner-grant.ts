/** What the owner of a machine grants of it, as WASI, to every function that runs there (`docs/sandbox.md` §9). */
import { stat } from 'node:fs/promises';
import type { GrantedDirectory, WasiGrant } from '../../compute/sandbox/index.ts';
import { quoted } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';
import type { Isolation } from './isolation.ts';

/** Ours: room for the longest name of a function, which becomes the first argument. */
const NAME_CHARACTERS = 1024;

/** Plain data, kept with the configuration of a Sat. */
export interface OwnerGrant {
  /** What follows the program's name. */
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directories: readonly GrantedDirectory[];
}

/** `owner` for calls of the function `name`, which to a program is its own name. */
export function grantFor(owner: OwnerGrant, name: string): WasiGrant {
  return { ...owner, arguments: [name, ...owner.arguments] };
}

/**
 * Examines a grant before anything runs under it.
 * @throws {NodeError} NODE_INPUT when a directory is not there, or two have one name; {WasiError} WASI_BAD_GRANT, WASI_UNSUPPORTED
 * when it is none, or none for functions that run there.
 */
export async function checkOwnerGrant(owner: OwnerGrant, isolation: Isolation): Promise<void> {
  const grant = grantFor(owner, 'n'.repeat(NAME_CHARACTERS));
  if (isolation === 'processes') (await import('../../compute/sandbox/process/index.ts')).checkProcessGrant(grant);
  else (await import('../../compute/wasi/host/index.ts')).sessionOf(grant);
  const names = new Set<string>();
  for (const { guestPath, hostPath } of owner.directories) {
    if (names.has(guestPath)) {
      throw new NodeError('NODE_INPUT', `two directories are granted as ${quoted(guestPath)}`, {
        remedy: 'give each a name of its own',
      });
    }
    names.add(guestPath);
    let isDirectory: boolean;
    try {
      isDirectory = (await stat(hostPath)).isDirectory();
    } catch (cause) {
      throw new NodeError('NODE_INPUT', `there is no directory ${quoted(hostPath)}`, { cause });
    }
    if (!isDirectory) throw new NodeError('NODE_INPUT', `${quoted(hostPath)} is no directory`);
  }
}
