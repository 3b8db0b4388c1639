import type { CommanderError } from 'commander';
import { EXIT } from './errors.ts';
import type { Sink } from './output.ts';

/**
 * Tells the user what was wrong with the arguments, in the forms scripts know (`commands.md` §3); help and version are no errors.
 * @returns the exit code
 */
export function explainUsage(
  error: CommanderError,
  { program, stderr }: { program: string; stdout: Sink; stderr: Sink },
): number {
  if (error.code === 'commander.help' || error.code === 'commander.helpDisplayed') {
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  stderr.write(`error: ${phrase(error, program)}\n\nFor more information, try '--help'.\n`);
  return EXIT.usage;
}

function phrase(error: CommanderError, program: string): string {
  const message = error.message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.+)\?\)$/s, (_, name: string) => `\n\n  tip: a similar one exists: '${name}'`);
  const quotedName = /'([^']+)'/.exec(message)?.[1] ?? '';
  const tip = /\n\n {2}tip: [\s\S]*$/.exec(message)?.[0] ?? '';
  switch (error.code) {
    case 'commander.unknownOption':
      return `unexpected argument '${quotedName}' found${tip}`;
    case 'commander.unknownCommand':
      return `unrecognized subcommand '${quotedName}'${tip}`;
    case 'commander.excessArguments':
      return `unexpected argument found: ${message}`;
    case 'commander.missingArgument':
      return `the following required arguments were not provided:\n  <${quotedName.toUpperCase()}>`;
    case 'commander.missingMandatoryOptionValue':
      return `the following required arguments were not provided:\n  ${quotedName}`;
    case 'commander.optionMissingArgument':
      return `a value is required for '${quotedName}' but none was supplied`;
    case 'commander.conflictingOption':
      return message.replace(
        /^option '([^']+)' cannot be used with option '([^']+)'$/,
        "the argument '$1' cannot be used with '$2'",
      );
    default:
      return message || `run '${program} --help'`;
  }
}
