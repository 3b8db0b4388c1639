import { type Environment, flagVariable } from '../environment.ts';
import { usageError } from '../errors.ts';

/** Flags that every command takes, at any place (`commands.md` §2). */
export interface Globals {
  readonly quiet: boolean;
  /** How often `-v` was given. */
  readonly verbose: number;
  readonly color: boolean;
  readonly input: boolean;
  readonly format: 'plain' | 'json';
  readonly compact: boolean;
  /** What to make of the JSON of the result; only with the format `json`. */
  readonly jq: string | undefined;
  /** A flag without effect was given. */
  readonly pretty: boolean;
  /** Whether any of them was given on the command line. */
  readonly given: boolean;
  /** Parse and validate only. */
  readonly parseOnly: boolean;
}

/** Flags without a value; what they set. */
const SWITCHES = new Map<string, 'quiet' | 'color' | 'input' | 'compact' | 'pretty' | 'parseOnly'>([
  ['--quiet', 'quiet'],
  ['--no-color', 'color'],
  ['--no-input', 'input'],
  ['--compact-output', 'compact'],
  ['--pretty', 'pretty'],
  ['--test-argument-parser', 'parseOnly'],
]);

/** Flags with a value, as messages show them. */
const VALUES = { output: '--output <OUTPUT>', jq: '--jq <QUERY>' } as const;

/**
 * Takes the global flags out of `argv`, wherever they are before `--`; the rest is for the command.
 * @throws {CliError} CLI_USAGE
 */
export function takeGlobals(argv: readonly string[], environment: Environment): { globals: Globals; rest: string[] } {
  const set = {
    quiet: flagVariable(environment, 'QUIET', '--quiet'),
    color: flagVariable(environment, 'NO_COLOR', '--no-color'),
    input: flagVariable(environment, 'NO_INPUT', '--no-input'),
    compact: false,
    pretty: false,
    parseOnly: false,
  };
  let verbose = 0;
  const values: { output?: string; jq?: string } = {};
  const rest: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? '';
    if (argument === '--') {
      rest.push(...argv.slice(i));
      break;
    }
    const name = SWITCHES.get(argument);
    if (name !== undefined) set[name] = true;
    else if (argument === '--verbose') verbose++;
    else if (/^-[qvh]*[qv][qvh]*$/.test(argument)) {
      set.quiet ||= argument.includes('q');
      verbose += argument.replaceAll(/[^v]/g, '').length;
      // Every command has this one, and what it shows depends on the command.
      if (argument.includes('h')) rest.push('-h');
    } else if (/^--(?:output|jq)(?:=|$)/.test(argument)) {
      const key = argument.startsWith('--jq') ? 'jq' : 'output';
      if (values[key] !== undefined) throw usageError(`the argument '${VALUES[key]}' cannot be used multiple times`);
      const value = argument.includes('=') ? argument.slice(argument.indexOf('=') + 1) : argv[++i];
      if (value === undefined) throw usageError(`a value is required for '${VALUES[key]}' but none was supplied`);
      values[key] = value;
    } else rest.push(argument);
  }
  const { output, jq } = values;
  if (output !== undefined && output !== 'plain' && output !== 'json') {
    throw usageError(`invalid value '${output}' for '${VALUES.output}' [possible values: plain, json]`);
  }
  const format = output ?? (set.compact || jq !== undefined ? 'json' : 'plain');
  const { quiet, compact, pretty, parseOnly } = set;
  return {
    globals: {
      quiet,
      verbose,
      color: !set.color,
      input: !set.input,
      format,
      compact,
      jq,
      pretty,
      given: rest.length < argv.length,
      parseOnly,
    },
    rest,
  };
}

/** Whether an argument may be a group with a global flag in it: the command has to be known to say more. */
export function mayBeGroup(argument: string): boolean {
  return /^-[A-Za-z][A-Za-z]*[qv]|^-[qv][A-Za-z]/.test(argument);
}
