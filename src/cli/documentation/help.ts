/** Help texts: of the program and of a group from the index alone, of a command from what it declares. */
import type { Command } from 'commander';
import type { CommandDefinition, Entry } from '../command.ts';
import type { Style } from '../output/style.ts';

/** Columns that help is laid out for. */
const HELP_WIDTH = 100;

/** Flags of every command, as help shows them. */
export const GLOBAL_OPTIONS: readonly (readonly [flags: string, meaning: string])[] = [
  ['-h, --help', 'Print help; --help also prints examples'],
  ['-V, --version', 'Print version'],
  ['-q, --quiet', 'Print nothing but results and fatal errors'],
  ['-v, --verbose', 'Log to standard output instead of printing results; repeat for more'],
  ['    --no-color', 'Do not use colors'],
  ['    --no-input', 'Never ask'],
  ['    --output <FORMAT>', 'Format of the result: plain or json'],
  ['    --jq <QUERY>', 'JSON, as the jq query makes it'],
  ['    --compact-output', 'JSON on one line'],
];

/** What the program is. */
export const ABOUT = 'Services and functions that live anywhere work together as on one private machine.';

/** Every group understands it, and none has a file for it. */
const HELP_ENTRY = { name: 'help', summary: 'Print help of a command' } as const;

/** A group of commands, or the program itself. */
export interface GroupHelp {
  /** The program and the words of the group. */
  readonly name: string;
  /** Undefined for the program. */
  readonly summary: string | undefined;
  readonly entries: readonly Entry[];
  readonly style: Style;
  /** Whether hidden commands are shown too. */
  readonly hidden: boolean;
  /** Whether to say where there is more. */
  readonly long: boolean;
}

/** Help of the program or of a group. */
export function groupHelp({ name, summary = ABOUT, entries, style, hidden, long }: GroupHelp): string {
  const visible = [...entries.filter((row) => hidden || row.hidden !== true), HELP_ENTRY];
  const width = Math.max(...visible.map((row) => row.name.length));
  const commands = visible.map((row) => `  ${row.name.padEnd(width)}  ${row.summary}`).join('\n');
  const [program = name] = name.split(' ', 1);
  const more = [`  ${name} help <COMMAND>  with examples`, `  ${program} environment  variables that are read`];
  return [
    summary,
    `${style.heading('Usage:')} ${name} [OPTIONS] <COMMAND>`,
    `${style.heading('Commands:')}\n${commands}`,
    globalOptions(style),
    ...(long ? [`${style.heading('Learn More:')}\n${more.join('\n')}`] : []),
    '',
  ]
    .join('\n\n')
    .replace(/\n\n$/, '\n');
}

/** Gives `command` the look of all help texts; `long` adds what only `--help` shows. */
export function dressHelp(
  command: Command,
  definition: CommandDefinition,
  { style, hidden, long }: Pick<GroupHelp, 'style' | 'hidden' | 'long'>,
): void {
  command.configureHelp({
    helpWidth: HELP_WIDTH,
    styleTitle: (title) => style.heading(title),
    visibleOptions: (shown) => shown.options.filter((option) => hidden || !option.hidden),
    commandUsage: (shown) => usageOf(shown),
  });
  // Where a source breaks its lines is no place for help to break them.
  if (long && definition.about !== undefined) command.description(definition.about.replaceAll(/(?<!\n)\n(?!\n)/g, ' '));
  if (definition.preview === true) command.addHelpText('before', '[Preview]\n');
  command.addHelpText('after', `\n${globalOptions(style)}`);
  if (long && definition.examples !== undefined) {
    const lines = definition.examples.flatMap(([words, what]) => ['', `  ${style.dim(`# ${what}`)}`, `  $ ${words}`]);
    command.addHelpText('after', `\n${style.heading('Examples:')}${lines.join('\n')}`);
  }
  if (long) command.addHelpText('after', `\n${learnMore(command.name().split(' '), style)}`);
}

/** Where there is more: other commands, variables, and the documents of the package. @param words the program and the words of the command. */
function learnMore(words: readonly string[], style: Style): string {
  const [program = ''] = words;
  const rows: readonly (readonly [string, string])[] = [
    [[program, 'help', ...words.slice(1, -1)].join(' '), 'what else there is'],
    [`${program} environment`, 'variables that are read'],
    ['docs/commands.md', 'in the package: commands, values, exit codes'],
  ];
  const width = Math.max(...rows.map(([what]) => what.length));
  return `${style.heading('Learn More:')}\n${rows.map(([what, why]) => `  ${what.padEnd(width)}  ${why}`).join('\n')}`;
}

/** The usage line of a command. */
export function usageOf(command: Command): string {
  return `${command.name()} ${command.usage().replace('[options]', '[OPTIONS]')}`.trim();
}

function globalOptions(style: Style): string {
  const lines = GLOBAL_OPTIONS.map(([flags, what]) => `  ${flags.padEnd(22)}  ${what}`);
  return `${style.heading('Global Options:')}\n${lines.join('\n')}`;
}
