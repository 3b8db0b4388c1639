/** Which sections files have, and what commands their entries become (`commands.md` §8.10). Pure. */
import { configurationError, invalid, type MapValue, NAMES, type Value } from './document.ts';

/** Entries that one file may have. */
const MAX_COMMANDS = 256;

/** A section of a file. */
export interface Section {
  readonly keys: readonly string[];
  readonly words: readonly [noun: string, verb: string];
  /** Where the name of an entry goes: an option, or the first argument. */
  readonly name: string | undefined;
  /** Whether a text alone is a name, also in a list. */
  readonly takesTexts: boolean;
  /** The option that says which node; it is the file's node unless the entry has it. */
  readonly nodeOption: string | undefined;
}

const POSITIONAL = '';

/** Sections by what they make. */
export const SECTIONS: Readonly<
  Record<'vaults' | 'identities' | 'nodes' | 'policies' | 'relays' | 'inlets' | 'outlets', Section>
> = {
  vaults: {
    keys: ['vaults', 'vault'],
    words: ['vault', 'create'],
    name: POSITIONAL,
    takesTexts: true,
    nodeOption: undefined,
  },
  identities: {
    keys: ['identities', 'identity'],
    words: ['identity', 'create'],
    name: POSITIONAL,
    takesTexts: true,
    nodeOption: undefined,
  },
  nodes: {
    keys: ['nodes', 'node'],
    words: ['node', 'create'],
    name: POSITIONAL,
    takesTexts: true,
    nodeOption: undefined,
  },
  policies: {
    keys: ['policies', 'policy'],
    words: ['policy', 'create'],
    name: undefined,
    takesTexts: false,
    nodeOption: 'at',
  },
  relays: {
    keys: ['relays', 'relay'],
    words: ['relay', 'create'],
    name: POSITIONAL,
    takesTexts: true,
    nodeOption: 'to',
  },
  inlets: {
    keys: ['tcp_inlets', 'tcp-inlets', 'tcp-inlet'],
    words: ['tcp-inlet', 'create'],
    name: 'alias',
    takesTexts: false,
    nodeOption: 'at',
  },
  outlets: {
    keys: ['tcp_outlets', 'tcp-outlets', 'tcp-outlet'],
    words: ['tcp-outlet', 'create'],
    name: 'from',
    takesTexts: false,
    nodeOption: 'at',
  },
};

/** A command that a file asks for. */
export interface ConfiguredCommand {
  /** The key as it was written. */
  readonly section: string;
  /** All words, the program apart. */
  readonly argv: readonly string[];
  readonly at: string;
  /** Places of options. */
  readonly options: ReadonlyMap<string, string>;
}

/** The value under one of several spellings of a key. @throws {CliError} CLI_CONFIGURATION when there are two */
export function take(
  root: MapValue,
  keys: readonly string[],
): { readonly key: string; readonly value: Value; readonly keyAt: string } | undefined {
  const [first, second] = keys.filter((key) => root.entries.has(key));
  if (second !== undefined) {
    throw invalid(`duplicate field '${second}', which is '${first}' too`, root.entries.get(second)?.keyAt ?? root.at);
  }
  const entry = first === undefined ? undefined : root.entries.get(first);
  return first === undefined || entry === undefined ? undefined : { key: first, ...entry };
}

/** @throws {CliError} CLI_CONFIGURATION for a key that is none of `known` */
export function refuseOtherKeys(root: MapValue, known: readonly string[]): void {
  for (const [key, { keyAt }] of root.entries) {
    if (!known.includes(key)) throw configurationError(`Unknown key '${key}' in the configuration`, keyAt);
  }
}

/**
 * The commands of several sections, in the order of the sections; entries of a map by name, of a list as they are.
 * @param node the node of entries that do not say one.
 * @throws {CliError} CLI_CONFIGURATION
 */
export function commandsOf(
  root: MapValue,
  sections: readonly Section[],
  node: string | undefined,
): ConfiguredCommand[] {
  const commands = sections.flatMap((section) => {
    const found = take(root, section.keys);
    if (found === undefined) return [];
    return [...entriesOf(section, found.key, found.value, found.keyAt)].map((entry) =>
      commandOf(section, found.key, entry, node),
    );
  });
  const last = commands[MAX_COMMANDS];
  if (last !== undefined) throw invalid(`it has more than ${MAX_COMMANDS} entries`, last.at);
  return commands;
}

interface SectionEntry {
  readonly name?: string | undefined;
  readonly at: string;
  readonly options: MapValue['entries'];
}

/** The order of the tests is part of the format: text, map of maps, map, list. */
function* entriesOf(section: Section, key: string, value: Value, at: string, inList = false): Generator<SectionEntry> {
  if (value.kind === 'text' && section.takesTexts) {
    yield { name: value.text, at: value.at, options: new Map() };
  } else if (value.kind === 'map') {
    const isNamed = value.entries.values().every((entry) => entry.value.kind === 'map');
    if (!isNamed || section.name === undefined || (inList && !section.takesTexts)) {
      yield { at, options: value.entries };
      return;
    }
    for (const [name, entry] of [...value.entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (entry.value.kind === 'map') yield { name, at: entry.keyAt, options: entry.value.entries };
    }
  } else if (value.kind === 'list' && !inList) {
    for (const item of value.items) yield* entriesOf(section, key, item, item.at, true);
  } else {
    const forms = section.takesTexts ? 'a name, a map, or a list of those' : 'a map or a list of maps';
    throw invalid(`${inList ? `an element of '${key}'` : `'${key}'`} is ${NAMES[value.kind]}, not ${forms}`, value.at);
  }
}

function commandOf(
  section: Section,
  key: string,
  { name, at, options }: SectionEntry,
  node: string | undefined,
): ConfiguredCommand {
  const argv: string[] = [...section.words];
  const places = new Map<string, string>();
  const { nodeOption, name: nameOption } = section;
  for (const [option, { keyAt, value }] of options) {
    places.set(option, keyAt);
    argv.push(...optionOf(option, value, keyAt));
  }
  if (nodeOption !== undefined && node !== undefined && !options.has(nodeOption)) argv.push(`--${nodeOption}=${node}`);
  if (name !== undefined && nameOption === POSITIONAL) argv.push('--', name);
  else if (name !== undefined && nameOption !== undefined && !options.has(nameOption)) {
    argv.push(`--${nameOption}=${name}`);
  }
  return { section: key, argv, at, options: places };
}

/** One key of an entry as options of its command. `=` keeps a value from being taken for another option. */
function optionOf(option: string, value: Value, at: string): string[] {
  if (!/^[A-Za-z][\w-]{0,63}$/.test(option) || option === 'help' || option === 'h') {
    throw configurationError(`'${option}' is no option of an entry`, at);
  }
  if (value.kind === 'switch') return value.on ? [option.length === 1 ? `-${option}` : `--${option}`] : [];
  if (value.kind === 'text' || value.kind === 'integer') {
    return option.length === 1 ? [`-${option}`, value.text] : [`--${option}=${value.text}`];
  }
  if (value.kind === 'list' && value.items.every(({ kind }) => kind === 'text' || kind === 'integer')) {
    return value.items.flatMap((item) => optionOf(option, item, at));
  }
  throw invalid(
    `the value of '${option}' is ${NAMES[value.kind]}, not a text, a number, true, false or a list of those`,
    value.at,
  );
}
