/** Help texts: of the program and of a group from the index alone, of a command from what it declares. */
import type { Command } from 'commander';
import type { CommandDefinition, CommandGroup } from './command.ts';
import type { Style } from './style.ts';

/** Columns that help is laid out for. */
const HELP_WIDTH = 100;

const GLOBAL_OPTIONS = [
  ['-h, --help', 'Print help; --help also prints examples'],
  ['-V, --version', 'Print version'],
  ['-q, --quiet', 'Print nothing but results and fatal errors'],
  ['-v, --verbose', 'Log to standard output instead of printing results; repeat for more'],
  ['    --no-color', 'Do not use colors'],
  ['    --no-input', 'Never ask'],
  ['    --output <FORMAT>', 'Format of the result: plain or json'],
  ['    --compact-output', 'JSON on one line'],
] as const;

/** Help of the program. */
export function rootHelp(program: string, groups: readonly CommandGroup[], style: Style): string {
  const about = 'Services and functions that live anywhere work together as on one private machine.';
  return listing(about, `${program} [OPTIONS] <COMMAND>`, groups, style);
}

/** Help of a group of commands. */
export function groupHelp(program: string, group: CommandGroup, style: Style): string {
  return listing(group.summary, `${program} ${group.name} [OPTIONS] <COMMAND>`, group.commands, style);
}

/** Gives `command` the look of all help texts; `long` adds what only `--help` shows. */
export function dressHelp(command: Command, definition: CommandDefinition, style: Style, long: boolean): void {
  command.configureHelp({
    helpWidth: HELP_WIDTH,
    styleTitle: (title) => style.heading(title),
    visibleOptions: (shown) => shown.options.filter((option) => !option.hidden),
    commandUsage: (shown) => usageOf(shown),
  });
  if (long && definition.about !== undefined) command.description(definition.about);
  command.addHelpText('after', `\n${globalOptions(style)}`);
  if (long && definition.examples !== undefined) {
    const lines = definition.examples.flatMap(([words, what]) => ['', `  ${style.dim(`# ${what}`)}`, `  $ ${words}`]);
    command.addHelpText('after', `\n${style.heading('Examples:')}${lines.join('\n')}`);
  }
}

/** The usage line of a command. */
export function usageOf(command: Command): string {
  return `${command.name()} ${command.usage().replace('[options]', '[OPTIONS]')}`.trim();
}

function listing(
  about: string,
  usage: string,
  rows: readonly { readonly name: string; readonly summary: string; readonly hidden?: boolean }[],
  style: Style,
): string {
  const visible = rows.filter((row) => row.hidden !== true);
  const width = Math.max(...visible.map((row) => row.name.length));
  const commands = visible.map((row) => `  ${row.name.padEnd(width)}  ${row.summary}`).join('\n');
  return `${about}\n\n${style.heading('Usage:')} ${usage}\n\n${style.heading('Commands:')}\n${commands}\n\n${globalOptions(style)}\n`;
}

function globalOptions(style: Style): string {
  const lines = GLOBAL_OPTIONS.map(([flags, what]) => `  ${flags.padEnd(22)}  ${what}`);
  return `${style.heading('Global Options:')}\n${lines.join('\n')}`;
}
