import { createInterface } from 'node:readline/promises';
import type { CommandContext } from './command.ts';
import { CliError } from './errors.ts';

/**
 * Whether to go on with something that cannot be undone (`commands.md` §5.4): the flag says so, or the user does.
 * @throws {CliError} CLI_NOT_CONFIRMED when nobody can be asked.
 */
export async function confirmed(
  { output, signal }: CommandContext,
  flag: boolean | undefined,
  question: string,
): Promise<boolean> {
  if (flag === true) return true;
  if (!output.canAsk) throw new CliError('CLI_NOT_CONFIRMED', 'Use --yes to confirm');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`  ${output.style.warning('!')} ${question} [Y/n] `, { signal });
    return /^(y|yes|)$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
