import { createInterface } from 'node:readline/promises';
import type { CommandContext } from '../command.ts';
import { CliError } from '../errors.ts';

/**
 * Whether to go on with something that cannot be undone (`commands.md` §5.4): the flag says so, or the user does. Ctrl-C, and a terminal
 * that goes away, mean no.
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
  const { promise: leaving, resolve: leave } = Promise.withResolvers<undefined>();
  // Closed by Ctrl-C too, which reaches this terminal as a key.
  terminal.once('close', () => leave(undefined));
  try {
    const asked = terminal.question(`  ${output.style.warning('!')} ${question} [Y/n] `, { signal });
    const answer = await Promise.race([asked, leaving]);
    if (answer === undefined) output.note();
    return answer !== undefined && /^(y|yes|)$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
