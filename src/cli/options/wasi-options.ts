/** What the owner of this machine grants of it to the functions that run here, as `sat run`, `sat create` and `sat join` have it. */
import path from 'node:path';
import type { Command } from 'commander';
import type { GrantedDirectory } from '../../compute/sandbox/index.ts';
import type { OwnerGrant } from '../../node/isolation/index.ts';
import { RepeatableOption } from '../arguments/repeatable-option.ts';
import { keyValue, pairsOf } from '../arguments/values.ts';
import { InvalidValueError } from '../arguments/invalid-value.ts';

/** Values of the options. */
export type WasiOptions = {
  readonly wasiDir?: readonly string[];
  readonly wasiArg?: readonly string[];
  readonly wasiEnv?: readonly string[];
};

/** Declares them. */
export function wasiOptions(leaf: Command): Command {
  return leaf
    .addOption(
      new RepeatableOption(
        '--wasi-dir <GUEST=HOST>',
        'a directory of this machine that functions find as GUEST, to read; HOST:rw to write as well',
        (text) => {
          directoryOf(text);
          return text;
        },
      ),
    )
    .addOption(new RepeatableOption('--wasi-arg <TEXT>', 'an argument of the program that a function is'))
    .addOption(new RepeatableOption('--wasi-env <NAME=VALUE>', 'a variable of its environment', keyValue(false)));
}

/** What they say; undefined when they say nothing. Paths are those of the working directory. */
export function ownerGrantOf({ wasiDir, wasiArg, wasiEnv }: WasiOptions): OwnerGrant | undefined {
  if (wasiDir === undefined && wasiArg === undefined && wasiEnv === undefined) return undefined;
  return {
    arguments: wasiArg ?? [],
    environment: Object.fromEntries(pairsOf(wasiEnv ?? [])),
    directories: (wasiDir ?? []).map(directoryOf),
  };
}

/** `GUEST=HOST`, with `:rw` or `:ro` at its end; the latter also for paths that end in either. */
function directoryOf(text: string): GrantedDirectory {
  const [, guestPath = '', host, mode] = /^([^=]*)=(.+?)(?::(rw|ro))?$/s.exec(text) ?? [];
  if (guestPath === '' || host === undefined) {
    throw new InvalidValueError('Invalid directory, write for example /data=./data or /data=./data:rw.');
  }
  return { guestPath, hostPath: path.resolve(host), writable: mode === 'rw' };
}
