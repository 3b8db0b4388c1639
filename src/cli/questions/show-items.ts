import type { CommandContext } from '../command.ts';
import { CliError } from '../errors.ts';
import type { Result } from '../output/output.ts';
import { pickItems } from './pick-items.ts';

/** What a show command chooses from. */
export interface Showing<T> {
  readonly items: readonly T[];
  readonly nameOf: (item: T) => string;
  /** Such as `node`. */
  readonly singular: string;
  readonly plural: string;
  /** Added to what is said when there are none, such as ` on node n1`. */
  readonly where?: string | undefined;
  /** The name that was given. */
  readonly name: string | undefined;
  /** What is shown without a name when nobody can be asked; without it that is refused. */
  readonly fallback?: string | undefined;
  /** Said when no name was given, nobody can be asked, and there is no default. */
  readonly unnamed: string;
  readonly report: (item: T) => Promise<Result> | Result;
}

/**
 * Shows the named thing, the default one, or those that a person picks (`commands.md` §5.4).
 * @throws {CliError} CLI_NOT_FOUND also without a name where nobody can be asked: what a script shows must not depend on what else there is
 */
export async function showItems<T>(context: CommandContext, showing: Showing<T>): Promise<void> {
  const { items, plural, where = '' } = showing;
  const { output } = context;
  if (items.length === 0) {
    const plain = `  ${output.resultStyle.info('>')} There are no ${plural} to show${where}`;
    return output.result({ plain, json: [] });
  }
  const chosen = await choose(context, showing);
  if (chosen.length === 0) output.info(`No ${plural} selected to show`);
  for (const item of chosen) output.result(await showing.report(item));
  return undefined;
}

async function choose<T>(context: CommandContext, showing: Showing<T>): Promise<readonly T[]> {
  const { items, nameOf, singular, plural, name, fallback, unnamed } = showing;
  const { canAsk } = context.output;
  if (name === undefined && canAsk) {
    if (items.length === 1) return items;
    return pickItems(context, { items, nameOf, question: `Select one or more ${plural} to show` });
  }
  const wanted = name ?? fallback;
  if (wanted === undefined) throw new CliError('CLI_NOT_FOUND', unnamed);
  const found = items.find((item) => nameOf(item) === wanted);
  if (found === undefined) throw new CliError('CLI_NOT_FOUND', `The ${singular} ${wanted} was not found`);
  return [found];
}
