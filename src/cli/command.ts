import type { Command } from 'commander';
import type { Environment } from './environment.ts';
import type { Globals } from './arguments/globals.ts';
import type { Output } from './output/output.ts';
import type { TelemetryExport } from '../node/telemetry/index.ts';

/** What every command gets. */
export interface CommandContext {
  readonly output: Output;
  readonly globals: Globals;
  readonly environment: Environment;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP. A command that wants to end well listens to it; a second signal ends the process. */
  readonly signal: AbortSignal;
  /** The name the program was called by. */
  readonly program: string;
  /** What this process exports; undefined: nothing. */
  readonly telemetry?: TelemetryExport | undefined;
}

/** Values of options by name, as commander gives them. */
export type OptionValues = Readonly<Record<string, unknown>>;

/** A command in a file of its own, loaded when it is called. */
export interface CommandDefinition<O extends OptionValues = OptionValues> {
  /** Declares arguments and options; a command that takes none has no use for it, and starts faster. */
  readonly configure?: (command: Command) => void;
  /**
   * The values of its options for a call with no argument, which is a right one: then no parser is loaded, and it starts faster. A test
   * compares them with what the parser says.
   */
  readonly bare?: O;
  /** What it takes and prints may still change; its help says so. */
  readonly preview?: boolean;
  /** Without any argument it prints its help and ends with 64. */
  readonly needsArguments?: boolean;
  /** What `--help` says below the summary. */
  readonly about?: string;
  /** What `--help` shows as examples, without the program's name: `[arguments, what that does]`. */
  readonly examples?: readonly (readonly [string, string])[];
  /** `traceparent` of the trace that its arguments say it is part of, in place of the environment's; undefined: they say nothing. */
  traceOf?(options: O): string | undefined;
  /** Does the work. Resolves to an exit code, or to nothing for 0. */
  run(context: CommandContext, options: O, args: readonly string[]): Promise<number | void>;
}

/** A command in the index. */
export interface CommandEntry {
  readonly name: string;
  /** One line of help. */
  readonly summary: string;
  /** Works, and is absent from help, manual pages and completion. */
  readonly hidden?: boolean;
  readonly load: () => Promise<CommandDefinition>;
}

/** Commands with a common noun, in the index. */
export interface GroupEntry {
  readonly name: string;
  readonly summary: string;
  readonly hidden?: boolean;
  /** Read when the noun was named, so that the others cost no time. */
  readonly commands: () => Promise<readonly Entry[]>;
}

/** A row of the index. */
export type Entry = CommandEntry | GroupEntry;
