/**
 * What parsers of values throw for a text that stands for none. The parser of commands knows it by its code and adds whose value it is;
 * it is no class of that one's package, which a call without arguments does not load.
 */
export class InvalidValueError extends Error {
  readonly code = 'commander.invalidArgument';
  readonly exitCode = 1;
}
