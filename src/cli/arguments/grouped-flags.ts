/** Global flags that stand in one group with short flags of a command, such as the `q` of `-yq` (`commands.md` §2). */
import type { Command } from 'commander';
import { mayBeGroup } from './globals.ts';

/** What was taken out of groups. */
export interface Grouped {
  readonly quiet: boolean;
  /** How often `v` was there. */
  readonly verbose: number;
  /** The arguments without them. */
  readonly argv: readonly string[];
}

/** Takes `q` and `v` out of groups, wherever the command has no such flag of its own and no value begins. */
export function takeGrouped(command: Command, argv: readonly string[]): Grouped {
  const taken = { quiet: false, verbose: 0 };
  const rest: string[] = [];
  let isValue = false;
  for (const [i, argument] of argv.entries()) {
    if (argument === '--') {
      rest.push(...argv.slice(i));
      break;
    }
    if (isValue || !mayBeGroup(argument)) rest.push(argument);
    else {
      const { letters, quiet, verbose } = withoutGlobals(command, argument);
      taken.quiet ||= quiet;
      taken.verbose += verbose;
      rest.push(letters);
    }
    isValue = !isValue && waitsForValue(command, argument);
  }
  return { ...taken, argv: rest };
}

/** One group; as it was when it has a letter that nobody knows, so that the complaint shows what was typed. */
function withoutGlobals(
  command: Command,
  group: string,
): { readonly letters: string; readonly quiet: boolean; readonly verbose: number } {
  let [letters, quiet, verbose] = ['-', false, 0];
  for (let i = 1; i < group.length; i++) {
    const letter = group[i] ?? '';
    const own = command.options.find(({ short }) => short === `-${letter}`);
    if (own !== undefined && (own.required || own.optional))
      return { letters: letters + group.slice(i), quiet, verbose };
    if (own !== undefined || letter === 'h') letters += letter;
    else if (letter === 'q') quiet = true;
    else if (letter === 'v') verbose++;
    else return { letters: group, quiet: false, verbose: 0 };
  }
  return { letters, quiet, verbose };
}

function waitsForValue(command: Command, argument: string): boolean {
  return command.options.some(({ long, short, required }) => required && (argument === long || argument === short));
}
