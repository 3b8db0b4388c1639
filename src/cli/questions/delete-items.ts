import type { CommandContext } from '../command.ts';
import { confirmed } from './confirm.ts';
import { CliError, usageError } from '../errors.ts';
import { pickItems } from './pick-items.ts';

/** What a delete command works on. */
export interface Deletion<T extends { readonly name: string }> {
  readonly items: readonly T[];
  /** Such as `node`. */
  readonly singular: string;
  readonly plural: string;
  readonly name: string | undefined;
  readonly all: boolean | undefined;
  readonly yes: boolean | undefined;
  readonly remove: (item: T) => Promise<void>;
  /** How the deletion of a name is put. */
  readonly done: (name: string) => string;
  /** The JSON of a deleted item. Default: its name. */
  readonly json?: ((name: string) => unknown) | undefined;
  /** What a script gets: the name alone (the default), JSON, or the text for people, for want of any other form. */
  readonly forScripts?: 'name' | 'json' | 'text' | undefined;
}

/** A name and `--all` contradict each other. @throws {CliError} CLI_USAGE */
export function requireNameOrAll(name: string | undefined, all: boolean | undefined): void {
  if (name !== undefined && all === true) throw usageError("the argument '[NAME]' cannot be used with '--all'");
}

/** Deletes one item, those that a person picks, or all of them, as `commands.md` §5.4 says. @throws {CliError} */
export async function deleteItems<T extends { readonly name: string }>(
  context: CommandContext,
  deletion: Deletion<T>,
): Promise<void> {
  const { items, singular, plural, name, all } = deletion;
  const { output } = context;
  if (items.length === 0) {
    return output.result({ plain: `  ${output.resultStyle.info('>')} There are no ${plural} to delete`, json: [] });
  }
  const only = items.length === 1 ? items[0] : undefined;
  if (all === true) {
    const what = only === undefined ? `your ${items.length} ${plural}` : `your only ${singular}`;
    return deleteSeveral(context, deletion, items, `Are you sure you want to delete ${what}?`);
  }
  if (name !== undefined) {
    const item = items.find((candidate) => candidate.name === name);
    if (item === undefined) throw new CliError('CLI_NOT_FOUND', `The ${singular} ${name} was not found`);
    return deleteOne(context, deletion, item, 'Are you sure you want to proceed?');
  }
  // Without a name and nobody to ask nothing is meant.
  if (!output.canAsk) return undefined;
  if (only !== undefined) {
    const question = `You are about to delete your only ${singular}. Are you sure you want to proceed?`;
    return deleteOne(context, deletion, only, question);
  }
  const picked = await pickItems(context, {
    items,
    nameOf: (item) => item.name,
    question: `Select one or more ${plural} to delete`,
  });
  if (picked.length === 0) return output.info(`No ${plural} selected to delete`);
  return deleteSeveral(context, deletion, picked, 'Are you sure you want to proceed?');
}

async function deleteOne<T extends { readonly name: string }>(
  context: CommandContext,
  deletion: Deletion<T>,
  item: T,
  question: string,
): Promise<void> {
  if (!(await confirmed(context, deletion.yes, question))) return;
  {
    using _progress = context.output.spinner(`Deleting the ${deletion.singular} ${item.name}`);
    await deletion.remove(item);
  }
  report(context, deletion, item.name);
}

/** One that cannot be deleted does not keep the others from it, and is told. */
async function deleteSeveral<T extends { readonly name: string }>(
  context: CommandContext,
  deletion: Deletion<T>,
  items: readonly T[],
  question: string,
): Promise<void> {
  if (!(await confirmed(context, deletion.yes, question))) return;
  const gone: string[] = [];
  for (const item of items) {
    using progress = context.output.spinner(`Deleting the ${deletion.singular} ${item.name}`);
    try {
      await deletion.remove(item);
      gone.push(item.name);
    } catch (error) {
      progress.done();
      const cause = error instanceof Error ? error.message : String(error);
      context.output.warn(`Failed to delete ${deletion.singular} ${item.name}: ${cause}`);
    }
  }
  report(context, deletion, gone);
}

/** The result: of one deletion its own, of several a list. */
function report<T extends { readonly name: string }>(
  { output }: CommandContext,
  { done, json = (name) => ({ name }), forScripts = 'name' }: Deletion<T>,
  gone: string | readonly string[],
): void {
  const names = typeof gone === 'string' ? [gone] : gone;
  output.result({
    plain: names.map((name) => `  ${output.resultStyle.success('✔')} ${done(name)}`).join('\n'),
    machine: forScripts === 'name' ? names.join('\n') : undefined,
    json: forScripts === 'text' ? undefined : typeof gone === 'string' ? json(gone) : gone.map(json),
  });
}
