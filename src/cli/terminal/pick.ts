import { multiselect } from '@clack/prompts';

/** Rows of a list that are seen at once. */
const VISIBLE_ROWS = 12;

/**
 * Lets a person at the terminal choose some of `names`, by arrow keys and space; none when they leave with Ctrl-C or Escape.
 * @param signal takes the question away.
 */
export async function pickSome(
  message: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const chosen = await multiselect<string>({
    message,
    options: names.map((value) => ({ value })),
    required: false,
    maxItems: VISIBLE_ROWS,
    signal,
    // Results alone go to standard output.
    output: process.stderr,
  });
  return Array.isArray(chosen) ? names.filter((name) => chosen.includes(name)) : [];
}
