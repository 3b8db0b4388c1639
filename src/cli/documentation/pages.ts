/** What the commands are, as data: one page for the program, each group and each command. Nothing hidden is in it. */
import type { Command } from 'commander';
import type { CommandEntry, Entry } from '../command.ts';
import { ABOUT, GLOBAL_OPTIONS, usageOf } from './help.ts';
import { declareLeaf } from '../arguments/leaf.ts';

/** A term and what it means. */
export type Row = readonly [term: string, meaning: string];

/** A page. */
export interface Page {
  /** The program and the words of the command. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly usage: string;
  /** Paragraphs that say more. */
  readonly about: readonly string[];
  readonly args: readonly Row[];
  readonly options: readonly Row[];
  /** Pages below this one. */
  readonly commands: readonly Row[];
  /** What is typed, and what that does. */
  readonly examples: readonly Row[];
}

/** Flags that every page lists. */
export const GLOBAL_ROWS: readonly Row[] = GLOBAL_OPTIONS.map(([flags, meaning]) => [flags.trim(), meaning]);

/** All pages, a group before its commands. */
export async function* allPages(program: string, entries: readonly Entry[]): AsyncGenerator<Page> {
  yield* groupPages([program], ABOUT, entries);
}

async function* groupPages(words: readonly string[], summary: string, entries: readonly Entry[]): AsyncGenerator<Page> {
  const visible = entries.filter(({ hidden }) => hidden !== true);
  yield groupPage(words, summary, visible);
  for (const entry of visible) {
    if ('load' in entry) yield await commandPage([...words, entry.name], entry);
    else yield* groupPages([...words, entry.name], entry.summary, await entry.commands());
  }
}

/** The page of a group, or of the program. @param entries those that it lists. */
export function groupPage(words: readonly string[], summary: string, entries: readonly Entry[]): Page {
  return {
    words,
    summary,
    usage: `${words.join(' ')} [OPTIONS] <COMMAND>`,
    about: [],
    args: [],
    options: [],
    commands: entries.map((entry) => [entry.name, entry.summary]),
    examples: [],
  };
}

/** The page of a command. */
export async function commandPage(words: readonly string[], entry: CommandEntry): Promise<Page> {
  const definition = await entry.load();
  const command = declareLeaf(definition, { name: words.join(' '), summary: entry.summary });
  return {
    words,
    summary: entry.summary,
    usage: usageOf(command),
    about: [
      ...(definition.preview === true ? ['[Preview]'] : []),
      ...(definition.about?.split(/\n{2,}/).map((paragraph) => paragraph.replaceAll(/\s*\n\s*/g, ' ')) ?? []),
    ],
    args: command.registeredArguments.map((argument) => [
      argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
      described(argument.description, argument.argChoices, argument.defaultValue),
    ]),
    options: optionRows(command),
    commands: [],
    examples: (definition.examples ?? []).map(([line, what]) => [line, what]),
  };
}

function optionRows(command: Command): readonly Row[] {
  return command.options
    .filter(({ hidden }) => !hidden)
    .map(({ flags, description, argChoices, defaultValue, defaultValueDescription }) => [
      flags,
      described(description, argChoices, defaultValue, defaultValueDescription),
    ]);
}

/** @param typed the default as a person writes it, when its value does not say that. */
function described(
  meaning: string,
  choices: readonly string[] | undefined,
  otherwise: unknown,
  typed?: string,
): string {
  const notes = [
    ...(choices === undefined ? [] : [`one of ${choices.join(', ')}`]),
    ...(otherwise === undefined || typeof otherwise === 'boolean'
      ? []
      : [`default ${typed ?? JSON.stringify(otherwise)}`]),
  ];
  return notes.length === 0 ? meaning : `${meaning} (${notes.join('; ')})`;
}
