/** The policy that a command sets for what it makes. */
import { type Command, Option } from 'commander';
import { policyText } from '../arguments/checked-values.ts';

/** Values of the options that {@link allowOptions} declares. */
export type AllowOptions = { readonly allow?: string; readonly expression?: string };

/** Declares `--allow` and its other spelling. @param what help says about it. */
export function allowOptions(leaf: Command, what: string): Command {
  return leaf
    .addOption(new Option('--allow <EXPRESSION>', what).argParser(policyText).conflicts('expression'))
    .addOption(new Option('--expression <EXPRESSION>', 'the same').argParser(policyText).hideHelp());
}

/** The field of a call to the node, which sets the policy with what it makes; empty when none was given. */
export function allowed({ allow, expression }: AllowOptions): { readonly allow?: string } {
  const given = allow ?? expression;
  return given === undefined ? {} : { allow: given };
}
