import { usageError } from '../errors.ts';

/**
 * Puts lines of standard input where an argument says `/-` or `-/` (`commands.md` §4), one line an argument: a command
 * takes the route that another one printed.
 * @param readLine the next line, undefined when there is none or standard input is a terminal.
 * @throws {CliError} CLI_USAGE when there is nothing to put in.
 */
export function fillPlaceholders(argv: readonly string[], readLine: () => string | undefined): string[] {
  return argv.map((argument) => {
    if (!argument.includes('/-') && !argument.includes('-/')) return argument;
    // A flag such as `--to=-/service/x` has its placeholder in the value; `--x/-y` is no placeholder of a route either way.
    const line = readLine();
    if (line === undefined)
      throw usageError(`the argument '${argument}' waits for a line on standard input, and there is none`);
    const parts = line
      .trim()
      .split('/')
      .filter((part) => part !== '');
    const inserted = parts.map((part) => `/${part}`).join('');
    // A text would be a pattern, in which $& and the like stand for parts of the argument.
    return argument.includes('/-')
      ? argument.replaceAll('/-', () => inserted)
      : argument.replaceAll('-/', () => `${inserted}/`);
  });
}
