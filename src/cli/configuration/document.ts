/**
 * YAML text → values with places, under bounds. Flow: length and tokens counted → variables put in, as text → parsed → a tree.
 * Places are those of the text as it was written, also behind a variable.
 */
import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, parseDocument, type Node as YamlNode } from 'yaml';
import { quoted } from '../../kernel/index.ts';
import { CliError } from '../errors.ts';
import { substitute } from './substitution.ts';

/** Largest text that is read, before and after variables, in UTF-16 units. */
export const MAX_TEXT_LENGTH: number = 256 * 1024;
/** The parser's cost can grow with the square of the tokens on one line. */
const MAX_TOKENS = 16_384;

/** A value of a file; `at` is `file:line:column`. */
export type Value =
  | { readonly kind: 'text' | 'integer'; readonly text: string; readonly at: string }
  | { readonly kind: 'switch'; readonly on: boolean; readonly at: string }
  | { readonly kind: 'list'; readonly items: readonly Value[]; readonly at: string }
  | MapValue
  | { readonly kind: 'nothing' | 'fraction'; readonly at: string };

/** A map, in written order. */
export interface MapValue {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, { readonly keyAt: string; readonly value: Value }>;
  readonly at: string;
}

/** Where variables have their values from. */
export interface Variables {
  /** `--variable`; wins. */
  readonly given: ReadonlyMap<string, string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told a name in `variables:` whose value there is not used. */
  readonly onShadowed: (name: string) => void;
}

/** An error of a file. @param at `file:line:column` */
export function configurationError(message: string, at: string, cause?: unknown): CliError {
  return new CliError('CLI_CONFIGURATION', message, { place: at, ...(cause !== undefined && { cause }) });
}

/**
 * Reads a file whose top level is a map.
 * @param file what places call it.
 * @throws {CliError} CLI_CONFIGURATION
 */
export function readDocument(text: string, file: string, variables: Variables): MapValue {
  const lines = lineStarts(text);
  const placeOf = (offset: number): string => `${file}:${lines(offset)}`;
  bound(text, placeOf(0));
  const values = declaredVariables(text, placeOf);
  for (const name of values.keys()) {
    if (variables.given.has(name) || variables.environment[name] !== undefined) variables.onShadowed(name);
  }
  const filled = substitute(
    text,
    (name) => variables.given.get(name) ?? variables.environment[name] ?? values.get(name),
    (name, offset) =>
      configurationError(`Failed to resolve variable '${name}': environment variable not found`, placeOf(offset)),
  );
  bound(filled.text, placeOf(0));
  const at = (offset: number): string => placeOf(filled.originOf(offset));
  const document = parsed(filled.text, placeOf(0));
  const [error] = document.errors;
  if (error !== undefined) throw invalid(error.message, at(error.pos[0]));
  const root = document.contents === null ? undefined : valueOf(document.contents, at);
  if (root?.kind !== 'map') throw invalid('it is no map of keys', root?.at ?? placeOf(0));
  return root;
}

function bound(text: string, at: string): void {
  if (text.length > MAX_TEXT_LENGTH) throw invalid(`it is longer than ${MAX_TEXT_LENGTH} characters`, at);
  let tokens = 0;
  for (const _ of new Lexer().lex(text)) {
    if (++tokens > MAX_TOKENS) throw invalid(`it has more than ${MAX_TOKENS} tokens`, at);
  }
}

function parsed(text: string, at: string): ReturnType<typeof parseDocument> {
  try {
    return parseDocument(text, { prettyErrors: false, schema: 'core', intAsBigInt: true, logLevel: 'silent' });
  } catch (cause) {
    // Nested so deeply that the parser runs out of stack.
    if (cause instanceof RangeError) throw configurationError(`${PREFIX}it is nested too deeply`, at, cause);
    throw cause;
  }
}

/** The block `variables`, from the text as it is: what else is wrong there may be right once they are put in. */
function declaredVariables(text: string, placeOf: (offset: number) => string): Map<string, string> {
  const { contents } = parsed(text, placeOf(0));
  const values = new Map<string, string>();
  if (!isMap(contents)) return values;
  const pair = contents.items.find(({ key }) => isScalar(key) && key.value === 'variables');
  if (pair === undefined) return values;
  const block = valueOf(pair.value as YamlNode | null, placeOf);
  if (block.kind !== 'map') throw invalid('variables is no map of names to values', block.at);
  for (const [name, { keyAt, value }] of block.entries) {
    if (value.kind === 'list') throw configurationError(`List values are not supported for variable '${name}'`, keyAt);
    if (value.kind === 'nothing' || (value.kind === 'text' && value.text === '')) {
      throw configurationError(`Empty value for variable '${name}'`, keyAt);
    }
    if (value.kind === 'switch') values.set(name, String(value.on));
    else if (value.kind === 'text' || value.kind === 'integer') values.set(name, value.text);
    else throw invalid(`the value of variable '${name}' is ${NAMES[value.kind]}`, value.at);
  }
  return values;
}

/** The start of what is said about a text that is no configuration. */
const PREFIX = 'could not parse the node configuration file: ';

/** What messages call a kind of value. */
export const NAMES: Readonly<Record<Value['kind'], string>> = {
  text: 'a text',
  integer: 'a number',
  switch: 'true or false',
  list: 'a list',
  map: 'a map',
  nothing: 'empty',
  fraction: 'a number with a fraction',
};

/** A file that does not have what is needed at a place. */
export function invalid(message: string, at: string): CliError {
  return configurationError(PREFIX + message, at);
}

function valueOf(node: YamlNode | null, placeOf: (offset: number) => string): Value {
  const at = placeOf(node?.range?.[0] ?? 0);
  if (isAlias(node)) throw invalid(`the alias ${quoted(`*${node.source}`)} stands for something else`, at);
  if (isSeq(node)) {
    return { kind: 'list', items: node.items.map((item) => valueOf(item as YamlNode | null, placeOf)), at };
  }
  if (isMap(node)) {
    const entries = new Map<string, { keyAt: string; value: Value }>();
    for (const { key, value } of node.items) {
      const keyAt = placeOf((key as YamlNode | null)?.range?.[0] ?? node.range?.[0] ?? 0);
      if (!isScalar(key) || (typeof key.value !== 'string' && typeof key.value !== 'bigint')) {
        throw invalid('a key is no text', keyAt);
      }
      entries.set(String(key.value), {
        keyAt,
        value: value === null ? { kind: 'nothing', at: keyAt } : valueOf(value as YamlNode, placeOf),
      });
    }
    return { kind: 'map', entries, at };
  }
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value === 'string') return { kind: 'text', text: value, at };
  if (typeof value === 'boolean') return { kind: 'switch', on: value, at };
  if (typeof value === 'bigint') return { kind: 'integer', text: String(value), at };
  return { kind: typeof value === 'number' ? 'fraction' : 'nothing', at };
}

/** `line:column` by offset, both from 1. */
function lineStarts(text: string): (offset: number) => string {
  const counter = new LineCounter();
  counter.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) counter.addNewLine(at + 1);
  return (offset) => {
    const { line, col } = counter.linePos(offset);
    return `${line}:${col}`;
  };
}
