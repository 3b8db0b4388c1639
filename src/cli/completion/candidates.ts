/**
 * What can stand where the cursor is (`commands.md` §11.1): walk down the tree of commands with the words before it · at a group its
 * commands · at a command its flags, the values of one of them, or names for an argument.
 */
import type { Command, Option } from 'commander';
import type { CommandEntry, Entry } from '../command.ts';
import type { NameKind, NamesOf } from './names.ts';

/** Something that can be put in. */
export interface Candidate {
  readonly value: string;
  readonly meaning?: string | undefined;
}

/** Flags of every command; those with a value have their values. */
const GLOBAL_FLAGS: ReadonlyMap<string, { readonly meaning: string; readonly values?: readonly string[] }> = new Map([
  ['--help', { meaning: 'Print help' }],
  ['--version', { meaning: 'Print version' }],
  ['--quiet', { meaning: 'Print nothing but results and fatal errors' }],
  ['--verbose', { meaning: 'Log to standard output' }],
  ['--no-color', { meaning: 'Do not use colors' }],
  ['--no-input', { meaning: 'Never ask' }],
  ['--output', { meaning: 'Format of the result', values: ['json', 'plain'] }],
  ['--jq', { meaning: 'JSON, as the jq query makes it', values: [] }],
  ['--compact-output', { meaning: 'JSON on one line' }],
]);

/** Words that make something, whose name is not there yet. */
const MAKERS = new Set(['create', 'add', 'issue', 'enroll', 'import', 'join', 'run', 'build', 'send']);
/** What arguments of a noun name. */
const NOUNS: Readonly<Record<string, NameKind>> = {
  node: 'node',
  gateway: 'gateway',
  constellation: 'gateway',
  identity: 'identity',
  vault: 'vault',
  project: 'project',
  space: 'space',
  'tcp-inlet': 'inlet',
  'tcp-outlet': 'outlet',
  relay: 'relay',
};
const NAME_ARGUMENTS = new Set(['NAME', 'NODE_NAME', 'ALIAS', 'GATEWAY', 'SPACE_OR_NAME']);
/** Flags that name something, by themselves or by what their value is called. */
const FLAGS: Readonly<Record<string, NameKind>> = {
  '<NODE>': 'node',
  '<IDENTITY>': 'identity',
  '<VAULT>': 'vault',
  '--identity <NAME>': 'identity',
  '--project <NAME>': 'project',
  '--project-name <NAME>': 'project',
};

/** The words of a command line up to the cursor; the last one is being written. */
export async function candidatesFor(
  words: readonly string[],
  { entries, names }: { readonly entries: readonly Entry[]; readonly names: NamesOf },
): Promise<readonly Candidate[]> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const found = await descend(entries, before);
  if (found === undefined) return [];
  const all = found.kind === 'group' ? ofGroup(found, current) : await ofCommand(found, current, names);
  return all.filter(({ value }) => value.startsWith(current));
}

type Place =
  | { readonly kind: 'group'; readonly entries: readonly Entry[]; readonly isTop: boolean; readonly waitsFor?: string }
  | {
      readonly kind: 'command';
      readonly path: readonly string[];
      readonly entry: CommandEntry;
      readonly rest: readonly string[];
    };

/** Where the words lead; undefined when one of them is none. */
async function descend(index: readonly Entry[], words: readonly string[]): Promise<Place | undefined> {
  const path: string[] = [];
  let entries = index;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const global = GLOBAL_FLAGS.get(word);
    if (global?.values !== undefined && i === words.length - 1) {
      return { kind: 'group', entries, isTop: path.length === 0, waitsFor: word };
    }
    if (global?.values !== undefined) i++;
    if (word === 'help' || word.startsWith('-')) continue;
    const entry = entries.find(({ name }) => name === word);
    if (entry === undefined) return undefined;
    path.push(entry.name);
    if ('load' in entry) return { kind: 'command', path, entry, rest: words.slice(i + 1) };
    entries = await entry.commands();
  }
  return { kind: 'group', entries, isTop: path.length === 0 };
}

function ofGroup(
  { entries, isTop, waitsFor }: Extract<Place, { kind: 'group' }>,
  current: string,
): readonly Candidate[] {
  if (waitsFor !== undefined) return (GLOBAL_FLAGS.get(waitsFor)?.values ?? []).map((value) => ({ value }));
  const inFlag = valuesInFlag(current, (flag) => GLOBAL_FLAGS.get(flag)?.values);
  if (inFlag !== undefined) return inFlag;
  if (current.startsWith('-')) return globalFlags();
  const visible = entries.filter(({ hidden }) => hidden !== true);
  return [
    ...visible.map(({ name, summary }) => ({ value: name, meaning: summary })),
    ...(isTop ? [{ value: 'help', meaning: 'Print help' }] : []),
  ];
}

async function ofCommand(
  { path, entry, rest }: Extract<Place, { kind: 'command' }>,
  current: string,
  names: NamesOf,
): Promise<readonly Candidate[]> {
  const { declareLeaf } = await import('../arguments/leaf.ts');
  const command = declareLeaf(await entry.load(), { name: entry.name, summary: entry.summary });
  const { open, onlyArguments, count, at } = readWords(command, rest);
  if (open !== undefined) {
    const global = GLOBAL_FLAGS.get(open)?.values;
    return global === undefined ? valuesOf(optionOf(command, open), names) : global.map((value) => ({ value }));
  }
  if (!onlyArguments && current.startsWith('-')) {
    const [flag = '', value] = current.split('=', 2);
    if (value === undefined) return [...flagsOf(command), ...globalFlags()];
    const values =
      GLOBAL_FLAGS.get(flag)?.values?.map((text) => ({ value: text })) ??
      (await valuesOf(optionOf(command, flag), names));
    return values.map((one) => ({ ...one, value: `${flag}=${one.value}` }));
  }
  const argument =
    command.registeredArguments[count] ?? command.registeredArguments.findLast(({ variadic }) => variadic);
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined) return argument.argChoices.map((value) => ({ value }));
  const [noun = '', verb = ''] = path;
  const kind = NOUNS[noun];
  if (kind === undefined || MAKERS.has(verb) || !NAME_ARGUMENTS.has(argument.name())) return [];
  return (await names(kind, at)).map((value) => ({ value }));
}

/** What the words behind a command say: a flag that waits for its value, the number of arguments, the node of `--at` or `--to`. */
function readWords(
  command: Command,
  words: readonly string[],
): {
  readonly open?: string;
  readonly onlyArguments: boolean;
  readonly count: number;
  readonly at: string | undefined;
} {
  let count = 0;
  let at: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '--') return { onlyArguments: true, count: count + words.length - i - 1, at };
    if (!word.startsWith('-') || word === '-') {
      count++;
      continue;
    }
    const [flag = '', inline] = word.split('=', 2);
    const takesValue = optionOf(command, flag)?.required === true || GLOBAL_FLAGS.get(flag)?.values !== undefined;
    const value = inline ?? (takesValue ? words[++i] : undefined);
    if (takesValue && value === undefined) return { open: flag, onlyArguments: false, count, at };
    if (flag === '--at') at = value?.replace(/^\/?node\//, '');
  }
  return { onlyArguments: false, count, at };
}

function optionOf(command: Command, flag: string): Option | undefined {
  return command.options.find(({ short, long }) => short === flag || long === flag);
}

async function valuesOf(option: Option | undefined, names: NamesOf): Promise<readonly Candidate[]> {
  if (option === undefined) return [];
  if (option.argChoices !== undefined) return option.argChoices.map((value) => ({ value }));
  const value = /<[^>]*>/.exec(option.flags)?.[0] ?? '';
  const kind = FLAGS[value] ?? FLAGS[`${option.long} ${value}`];
  return kind === undefined ? [] : (await names(kind, undefined)).map((name) => ({ value: name }));
}

function flagsOf(command: Command): readonly Candidate[] {
  return command.options
    .filter(({ hidden, long }) => !hidden && long !== undefined)
    .map(({ long, description }) => ({ value: long ?? '', meaning: description }));
}

function globalFlags(): readonly Candidate[] {
  return [...GLOBAL_FLAGS].map(([value, { meaning }]) => ({ value, meaning }));
}

/** Candidates for `--flag=part`; undefined when `current` is no such word. */
function valuesInFlag(
  current: string,
  valuesFor: (flag: string) => readonly string[] | undefined,
): readonly Candidate[] | undefined {
  const [, flag] = /^(--[\w-]+)=/.exec(current) ?? [];
  if (flag === undefined) return undefined;
  return (valuesFor(flag) ?? []).map((value) => ({ value: `${flag}=${value}` }));
}
