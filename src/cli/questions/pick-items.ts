/** Which of several things a command works on, when the user did not name one (`commands.md` §5.4). */
import type { CommandContext } from '../command.ts';

/**
 * Asks a person which ones are meant. Call it only when {@link Output.canAsk} holds and there are several.
 * @param question such as `Select one or more nodes to show`.
 */
export async function pickItems<T>(
  { signal }: CommandContext,
  {
    items,
    nameOf,
    question,
  }: { readonly items: readonly T[]; readonly nameOf: (item: T) => string; readonly question: string },
): Promise<readonly T[]> {
  const { pickSome } = await import('../terminal/pick.ts');
  const names = await pickSome(question, items.map(nameOf), signal);
  signal.throwIfAborted();
  return items.filter((item) => names.includes(nameOf(item)));
}
