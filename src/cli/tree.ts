/** Finds the command that the arguments name, and says what was wrong when they name none (`commands.md` §1). */
import type { CommandEntry, CommandGroup } from './command.ts';
import { usageError } from './errors.ts';

/** What the words of a command line lead to. */
export type Target =
  | { readonly kind: 'root'; readonly asked: boolean }
  | { readonly kind: 'group'; readonly group: CommandGroup; readonly asked: boolean }
  | {
      readonly kind: 'command';
      /** Its words, without the program. */
      readonly path: readonly string[];
      readonly entry: CommandEntry;
      readonly argv: readonly string[];
    };

/**
 * Walks down the tree. `help a b` is `a b --help`.
 * @param argv arguments without the global flags.
 * @throws {CliError} CLI_USAGE
 */
export function findCommand(groups: readonly CommandGroup[], argv: readonly string[]): Target {
  const [first, ...rest] = argv;
  if (first === undefined) return { kind: 'root', asked: false };
  if (isHelp(first)) return { kind: 'root', asked: true };
  if (first === 'help')
    return rest.length === 0 ? { kind: 'root', asked: true } : findCommand(groups, [...rest, '--help']);
  const group = pick(groups, first);
  const [only] = group.commands;
  if (only?.name === group.name) return { kind: 'command', path: [group.name], entry: only, argv: rest };
  const [second, ...more] = rest;
  if (second === undefined) return { kind: 'group', group, asked: false };
  if (isHelp(second)) return { kind: 'group', group, asked: true };
  const entry = pick(group.commands, second);
  return { kind: 'command', path: [group.name, entry.name], entry, argv: more };
}

function isHelp(word: string): boolean {
  return word === '-h' || word === '--help';
}

function pick<T extends { readonly name: string; readonly hidden?: boolean }>(rows: readonly T[], word: string): T {
  const found = rows.find((row) => row.name === word);
  if (found !== undefined) return found;
  if (word.startsWith('-')) throw usageError(`unexpected argument '${word}' found`);
  const near = nearest(
    word,
    rows.filter((row) => row.hidden !== true).map((row) => row.name),
  );
  throw usageError(
    `unrecognized subcommand '${word}'`,
    near === undefined ? undefined : `a similar subcommand exists: '${near}'`,
  );
}

/** The one of `names` that `word` most likely meant; undefined when none is near. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(Math.min(word.length, 32) / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(word.slice(0, 32), name);
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours between two short words. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
