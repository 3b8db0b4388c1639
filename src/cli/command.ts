import type { Command } from 'commander';
import type { Environment } from './environment.ts';
import type { Globals } from './globals.ts';
import type { Output } from './output.ts';

/** What every command gets. */
export interface CommandContext {
  readonly output: Output;
  readonly globals: Globals;
  readonly environment: Environment;
  /** Aborted by Ctrl-C and SIGTERM. A command that wants to end well listens to it; a second signal ends the process. */
  readonly signal: AbortSignal;
  /** The name the program was called by. */
  readonly program: string;
}

/** A command in a file of its own, loaded when it is called. */
export interface CommandDefinition {
  /** Declares arguments and options. */
  readonly configure: (command: Command) => void;
  /**
   * Does the work. Resolves to an exit code, or to nothing for 0.
   * @param options values by option name, as commander gives them.
   */
  readonly run: (
    context: CommandContext,
    options: Readonly<Record<string, unknown>>,
    args: readonly string[],
  ) => Promise<number | void>;
}

/** A row of the index of commands. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Works, and is absent from help. */
  readonly hidden?: boolean;
  readonly load: () => Promise<CommandDefinition>;
}

/** Commands with a common noun. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CommandEntry[];
}
