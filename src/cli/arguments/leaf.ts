/** Parses the arguments of one command with commander, and gives its complaints our words (`commands.md` §3). */
import { Command, CommanderError } from 'commander';
import type { CommandDefinition, OptionValues } from '../command.ts';
import { type CliError, usageError } from '../errors.ts';
import { dressHelp, usageOf } from '../documentation/help.ts';
import type { Style } from '../output/style.ts';
import { checkValues } from './late-check.ts';
import { nearest } from './tree.ts';
import { RepeatableOption } from './repeatable-option.ts';
import { byteCount, durationMs, formatBytes, formatDuration } from './values.ts';

/** What came of parsing: the values, or the help that was asked for. */
export type Parsed =
  | {
      readonly help: undefined;
      readonly options: OptionValues;
      readonly args: readonly string[];
      /** The usage line, for complaints. */
      readonly usage: string | undefined;
    }
  | { readonly help: string };

/** A command to parse for. */
export interface LeafOptions {
  /** The program and the words of the command. */
  readonly name: string;
  readonly summary: string;
  readonly argv: readonly string[];
  readonly style: Style;
  /** Whether help shows hidden options too. */
  readonly hidden: boolean;
}

/** A command as its definition declares it, with nothing done yet. */
export function declareLeaf(
  definition: CommandDefinition,
  { name, summary }: Pick<LeafOptions, 'name' | 'summary'>,
): Command {
  const command = new Command(name).description(summary).exitOverride();
  command.helpOption('-h, --help', 'Print help').showSuggestionAfterError(false).allowExcessArguments(false);
  definition.configure?.(command);
  sayDefaults(command);
  return command;
}

/** The usage line of a command, for complaints. */
export function usageOfLeaf(definition: CommandDefinition, leaf: Pick<LeafOptions, 'name' | 'summary'>): string {
  return usageOf(declareLeaf(definition, leaf));
}

/** @throws {CliError} CLI_USAGE */
export async function parseLeaf(
  definition: CommandDefinition,
  { name, summary, argv, style, hidden }: LeafOptions,
): Promise<Parsed> {
  const command = declareLeaf(definition, { name, summary });
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text), writeErr: () => undefined });
  const flags = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length);
  dressHelp(command, definition, { style, hidden, long: flags.includes('--help') });
  refuseRepetition(command);
  try {
    command.action(() => undefined).parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return { help };
    throw explained(command, error);
  }
  await checkValues(command, (value, where, reason) => invalidValue(command, value, where, reason));
  return { help: undefined, options: command.opts(), args: command.args, usage: usageOf(command) };
}

/** Help shows a default as it would be typed, not the number that it stands for. */
function sayDefaults(command: Command): void {
  for (const option of command.options) {
    const { parseArg, defaultValue } = option;
    if (typeof defaultValue !== 'number') continue;
    if (parseArg === durationMs) option.defaultValueDescription = formatDuration(defaultValue);
    if (parseArg === byteCount) option.defaultValueDescription = formatBytes(defaultValue);
  }
}

/** A second value would silently replace the first one. */
function refuseRepetition(command: Command): void {
  for (const option of command.options) {
    if (option instanceof RepeatableOption) continue;
    let count = 0;
    command.on(`option:${option.name()}`, () => {
      if (++count > 1) throw complaint(command, `the argument '${shape(option.flags)}' cannot be used multiple times`);
    });
  }
}

function explained(command: Command, error: CommanderError): CliError {
  const message = error.message.replace(/^error: /, '');
  const quotedText = /'([^']+)'/.exec(message)?.[1] ?? '';
  switch (error.code) {
    case 'commander.unknownOption': {
      const near = nearest(
        quotedText,
        command.options.map((option) => option.long ?? ''),
      );
      return complaint(
        command,
        `unexpected argument '${quotedText}' found`,
        near === undefined ? undefined : `a similar argument exists: '${near}'`,
      );
    }
    case 'commander.excessArguments':
      return complaint(command, `unexpected argument '${command.args[command.registeredArguments.length]}' found`);
    case 'commander.missingArgument':
      return complaint(command, `the following required arguments were not provided:\n  <${quotedText}>`);
    case 'commander.missingMandatoryOptionValue':
      return complaint(command, `the following required arguments were not provided:\n  ${shape(quotedText)}`);
    case 'commander.optionMissingArgument':
      return complaint(command, `a value is required for '${shape(quotedText)}' but none was supplied`);
    case 'commander.invalidArgument': {
      const [, flags, value, reason] =
        /^option '([^']+)' argument '([\s\S]*)' is invalid\. ([\s\S]*)$/.exec(message) ??
        /^command-argument value '()([\s\S]*)' is invalid for argument '[^']+'\. ([\s\S]*)$/.exec(message) ??
        [];
      if (reason === undefined) return complaint(command, message);
      const where = flags ? { flags } : { argument: /argument '([^']+)'\. /.exec(message)?.[1] ?? '' };
      return invalidValue(command, value ?? '', where, reason);
    }
    case 'commander.conflictingOption': {
      const [, one, other] = /^option '([^']+)' cannot be used with option '([^']+)'$/.exec(message) ?? [];
      if (one === undefined || other === undefined) return complaint(command, message);
      return complaint(command, `the argument '${shape(one)}' cannot be used with '${shape(other)}'`);
    }
    default:
      return complaint(command, message);
  }
}

function invalidValue(
  command: Command,
  value: string,
  where: { readonly flags: string } | { readonly argument: string },
  reason: string,
): CliError {
  const what = 'flags' in where ? shape(where.flags) : `<${where.argument}>`;
  return complaint(command, `invalid value '${value}' for '${what}': ${reason}`);
}

function complaint(command: Command, cause: string, tip?: string): CliError {
  return usageError(cause, tip, usageOf(command));
}

/** `-n, --name <NAME>` as messages show it: `--name <NAME>`. */
function shape(flags: string): string {
  return flags.replace(/^-\w, /, '');
}
