/** What the commands about enrollers of a project have in common (`commands.md` §9.6). */
import type { Command } from 'commander';
import type { Identifier } from '../../trust/identity/index.ts';
import { CliError } from '../errors.ts';

/** Declares what all of them take. */
export function adminOptions(leaf: Command): Command {
  return leaf.option('--identity <NAME>', 'identity that asks, an enroller; the default one unless given');
}

/** Administrators of a project are identities; an account of a hosted service is none. @throws {CliError} CLI_FAILED */
export async function requireIdentifier(text: string): Promise<Identifier> {
  const { isIdentifier } = await import('../../trust/identity/index.ts');
  if (isIdentifier(text)) return text;
  throw new CliError('CLI_FAILED', 'project administrators that are e-mail accounts need a controller', {
    remedy: 'give the identifier of an identity, which begins with I',
  });
}
