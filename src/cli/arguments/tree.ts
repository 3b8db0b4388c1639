/** Finds the command that the arguments name, and says what was wrong when they name none (`commands.md` §1). */
import type { CommandEntry, Entry } from '../command.ts';
import { usageError } from '../errors.ts';

/** What the words of a command line lead to. */
export type Target =
  | {
      /** The program itself, or a noun without a verb. */
      readonly kind: 'group';
      /** Its words, without the program. */
      readonly path: readonly string[];
      /** One line of help; undefined for the program. */
      readonly summary: string | undefined;
      readonly entries: readonly Entry[];
      /** The help that was asked for; undefined when words are missing. */
      readonly asked: 'short' | 'long' | undefined;
    }
  | {
      readonly kind: 'command';
      readonly path: readonly string[];
      readonly entry: CommandEntry;
      readonly argv: readonly string[];
    };

/**
 * Walks down the tree. `help a b` and `a help b` are `a b --help`.
 * @param argv arguments without the global flags.
 * @param program its name, for usage lines.
 * @throws {CliError} CLI_USAGE
 */
export async function findCommand(
  index: readonly Entry[],
  argv: readonly string[],
  program = 'perigee',
): Promise<Target> {
  const path: string[] = [];
  let entries = index;
  let summary: string | undefined;
  let words = argv;
  for (;;) {
    const [first, ...rest] = words;
    if (first === undefined) return { kind: 'group', path, summary, entries, asked: undefined };
    if (first === '-h') return { kind: 'group', path, summary, entries, asked: 'short' };
    if (first === '--help') return { kind: 'group', path, summary, entries, asked: 'long' };
    if (first === 'help') {
      words = [...rest, '--help'];
      continue;
    }
    const entry = pick(entries, first, `${[program, ...path].join(' ')} [OPTIONS] <COMMAND>`);
    path.push(entry.name);
    if ('load' in entry) return { kind: 'command', path, entry, argv: rest };
    [entries, summary, words] = [await entry.commands(), entry.summary, rest];
  }
}

function pick<T extends { readonly name: string; readonly hidden?: boolean }>(
  rows: readonly T[],
  word: string,
  usage: string,
): T {
  const found = rows.find((row) => row.name === word);
  if (found !== undefined) return found;
  if (word.startsWith('-')) throw usageError(`unexpected argument '${word}' found`, undefined, usage);
  const near = nearest(
    word,
    rows.filter((row) => row.hidden !== true).map((row) => row.name),
  );
  const tip = near === undefined ? undefined : `a similar subcommand exists: '${near}'`;
  throw usageError(`unrecognized subcommand '${word}'`, tip, usage);
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
