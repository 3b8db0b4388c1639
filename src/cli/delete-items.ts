import type { CommandContext } from './command.ts';
import { confirmed } from './confirm.ts';
import { CliError, usageError } from './errors.ts';

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
  /** Whether the name alone is what a script gets. Default true; otherwise it gets JSON. */
  readonly hasMachineForm?: boolean | undefined;
}

/** A name and `--all` contradict each other. @throws {CliError} CLI_USAGE */
export function requireNameOrAll(name: string | undefined, all: boolean | undefined): void {
  if (name !== undefined && all === true) throw usageError("the argument '[NAME]' cannot be used with '--all'");
}

/** Deletes one item or all of them, as `commands.md` §5.4 says. @throws {CliError} */
export async function deleteItems<T extends { readonly name: string }>(
  context: CommandContext,
  deletion: Deletion<T>,
): Promise<void> {
  const { items, singular, plural, name, all, yes, remove, done, hasMachineForm = true } = deletion;
  const json = deletion.json ?? ((one: string) => ({ name: one }));
  const machine = (text: string): string | undefined => (hasMachineForm ? text : undefined);
  const { output } = context;
  const ok = output.resultStyle.success('✔');
  if (items.length === 0) {
    output.result({ plain: `  ${output.resultStyle.info('>')} There are no ${plural} to delete`, json: [] });
    return;
  }
  if (all === true) {
    const what = items.length === 1 ? `your only ${singular}` : `your ${items.length} ${plural}`;
    if (!(await confirmed(context, yes, `Are you sure you want to delete ${what}?`))) return;
    const gone: string[] = [];
    for (const item of items) {
      try {
        await remove(item);
        gone.push(item.name);
      } catch (error) {
        output.warn(
          `Failed to delete ${singular} ${item.name}: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
    output.result({
      plain: gone.map((one) => `  ${ok} ${done(one)}`).join('\n'),
      machine: machine(gone.join('\n')),
      json: gone.map(json),
    });
    return;
  }
  // Without a name and nobody to ask nothing is meant.
  const wanted = name ?? (output.canAsk && items.length === 1 ? items[0]?.name : undefined);
  if (wanted === undefined) return;
  const item = items.find((candidate) => candidate.name === wanted);
  if (item === undefined) throw new CliError('CLI_NOT_FOUND', `The ${singular} ${wanted} was not found`);
  const question =
    name === undefined
      ? `You are about to delete your only ${singular}. Are you sure you want to proceed?`
      : 'Are you sure you want to proceed?';
  if (!(await confirmed(context, yes, question))) return;
  await remove(item);
  output.result({ plain: `  ${ok} ${done(wanted)}`, machine: machine(wanted), json: json(wanted) });
}
