import { type Environment, flagVariable } from './environment.ts';
import { usageError } from './errors.ts';

/** Flags that every command takes, at any place (`commands.md` §2). */
export interface Globals {
  readonly quiet: boolean;
  /** How often `-v` was given. */
  readonly verbose: number;
  readonly color: boolean;
  readonly input: boolean;
  readonly format: 'plain' | 'json';
  readonly compact: boolean;
  /** Parse and validate only. */
  readonly parseOnly: boolean;
}

/** Flags without a value; what they set. */
const SWITCHES = new Map<string, 'quiet' | 'color' | 'input' | 'compact' | 'parseOnly'>([
  ['--quiet', 'quiet'],
  ['-q', 'quiet'],
  ['--no-color', 'color'],
  ['--no-input', 'input'],
  ['--compact-output', 'compact'],
  ['--test-argument-parser', 'parseOnly'],
]);

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
    parseOnly: false,
  };
  let verbose = 0;
  let output: string | undefined;
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
    else if (/^-v+$/.test(argument)) verbose += argument.length - 1;
    else if (argument === '--output' || argument.startsWith('--output=')) {
      if (output !== undefined) throw usageError("the argument '--output <OUTPUT>' cannot be used multiple times");
      output = argument === '--output' ? argv[++i] : argument.slice('--output='.length);
      if (output !== 'plain' && output !== 'json') {
        throw usageError(
          output === undefined
            ? "a value is required for '--output <OUTPUT>' but none was supplied"
            : `invalid value '${output}' for '--output <OUTPUT>' [possible values: plain, json]`,
        );
      }
    } else rest.push(argument);
  }
  const format = output === 'json' || (output === undefined && set.compact) ? 'json' : 'plain';
  const { quiet, compact, parseOnly } = set;
  return { globals: { quiet, verbose, color: !set.color, input: !set.input, format, compact, parseOnly }, rest };
}
