/**
 * Checks that need a room which help does without: what they load is loaded for a value that was given, when the words are parsed.
 */
import type { Command } from 'commander';
import { InvalidValueError } from './invalid-value.ts';

/** Makes of a text the value that it stands for. @throws {InvalidValueError} for one that stands for none */
export type LateCheck = (text: string) => Promise<string>;

/** What the parser calls, and the check behind it. */
const CHECKS = new WeakMap<WeakKey, LateCheck>();

/** A parser of values for commander that leaves the text as it is until {@link checkValues}. */
export function checkedLater(check: LateCheck): (text: string) => string {
  const asGiven = (text: string): string => text;
  CHECKS.set(asGiven, check);
  return asGiven;
}

/** Has `parse`, which calls `inner` for a text, checked as that one is. */
export function checkAs(parse: WeakKey, inner: WeakKey): void {
  const check = CHECKS.get(inner);
  if (check !== undefined) CHECKS.set(parse, check);
}

/**
 * Checks the values of a parsed command, options before arguments, and puts what they stand for in their place.
 * @param complain makes the complaint about a value: what was given, where, and why it is none.
 */
export async function checkValues(
  command: Command,
  complain: (value: string, where: { readonly flags: string } | { readonly argument: string }, reason: string) => Error,
): Promise<void> {
  const run = async (check: LateCheck, text: string, where: Parameters<typeof complain>[1]): Promise<string> => {
    try {
      return await check(text);
    } catch (error) {
      throw error instanceof InvalidValueError ? complain(text, where, error.message) : error;
    }
  };
  for (const option of command.options) {
    const name = option.attributeName();
    const check = option.parseArg && CHECKS.get(option.parseArg);
    if (check === undefined || command.getOptionValueSource(name) !== 'cli') continue;
    const given: unknown = command.getOptionValue(name);
    const { flags } = option;
    const checked: string[] = [];
    for (const text of textsOf(given)) checked.push(await run(check, text, { flags }));
    command.setOptionValueWithSource(name, Array.isArray(given) ? checked : checked[0], 'cli');
  }
  for (const [i, argument] of command.registeredArguments.entries()) {
    const check = argument.parseArg && CHECKS.get(argument.parseArg);
    if (check === undefined) continue;
    const texts = argument.variadic ? command.args.slice(i) : command.args.slice(i, i + 1);
    for (const text of texts) await run(check, text, { argument: argument.name() });
  }
}

function textsOf(given: unknown): readonly string[] {
  return (Array.isArray(given) ? given : [given]).filter((one) => typeof one === 'string');
}
