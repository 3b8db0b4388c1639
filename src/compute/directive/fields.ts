/** Typed access to the keys of one mapping; every wrong type and unknown key goes into the report. */
import { quoted } from '../../kernel/index.ts';
import type { Position } from './errors.ts';
import type { Report } from './report.ts';
import { nearest } from './nearest.ts';
import type { List, Mapping, Scalar, Tree } from './yaml-tree.ts';

/** YAML 1.1 words, as upstream's reader took them. */
const TRUE_WORDS: ReadonlySet<string> = new Set(['y', 'yes', 'true', 'on']);
const FALSE_WORDS: ReadonlySet<string> = new Set(['n', 'no', 'false', 'off']);
const NULL_WORDS: ReadonlySet<string> = new Set(['', '~', 'null', 'Null', 'NULL']);

/** Whether `tree` is a value that counts as absent. */
export function isNull(tree: Tree): boolean {
  return tree.kind === 'scalar' && tree.plain && NULL_WORDS.has(tree.text);
}

/** The boolean that a plain scalar spells by YAML 1.1: `yes`, `Yes`, `YES`, never `yEs`. */
export function asBoolean(scalar: Scalar): boolean | undefined {
  const { text } = scalar;
  const lower = text.toLowerCase();
  const isOneCase = text === lower || text === text.toUpperCase() || text.slice(1) === lower.slice(1);
  if (!scalar.plain || !isOneCase) return undefined;
  if (TRUE_WORDS.has(lower)) return true;
  return FALSE_WORDS.has(lower) ? false : undefined;
}

/** The safe integer that a plain scalar spells by YAML 1.1: decimal, `0x`, `0b`, `0o` or leading-zero octal, with `_`. */
export function asInteger(scalar: Scalar): number | undefined {
  const match = scalar.plain
    ? /^([-+]?)(0x[0-9a-f]+|0b[01]+|0o?[0-7]+|0|[1-9][0-9]*)$/i.exec(scalar.text.replaceAll('_', ''))
    : null;
  if (match === null) return undefined;
  const digits = match[2] as string;
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  if (!Number.isSafeInteger(value)) return undefined;
  return match[1] === '-' && value !== 0 ? -value : value;
}

/** The keys of one mapping. A key whose value is null counts as absent. */
export class Fields {
  readonly at: Position;
  /** The mapping itself. */
  readonly mappingTree: Mapping;
  readonly #report: Report;

  constructor(report: Report, mapping: Mapping) {
    this.#report = report;
    this.mappingTree = mapping;
    this.at = mapping.at;
  }

  /**
   * The fields of `tree`, which is described as `what` in findings; `undefined`, reported, when it is not a mapping.
   * Keys outside `known` are warned about: a misspelt key would silently lose its effect.
   */
  static of(report: Report, tree: Tree, what: string, known: readonly string[]): Fields | undefined {
    if (tree.kind !== 'mapping') {
      report.error('DIRECTIVE_TYPE', tree.at, `${what} must be a mapping of keys`);
      return undefined;
    }
    for (const [key, entry] of tree.entries) {
      if (known.includes(key)) continue;
      const guess = report.full ? undefined : nearest(key, known);
      const hint = guess === undefined ? '' : `, did you mean ${quoted(guess)}?`;
      report.warn('DIRECTIVE_UNKNOWN_KEY', entry.keyAt, `${what} has no key ${quoted(key)}${hint}`);
    }
    return new Fields(report, tree);
  }

  /** Whether `key` stands there with a value. */
  has(key: string): boolean {
    return this.tree(key) !== undefined;
  }

  /** Where the value of `key` begins, or the mapping when it is absent. */
  placeOf(key: string): Position {
    return this.tree(key)?.at ?? this.at;
  }

  /** The value of `key` as it is. */
  tree(key: string): Tree | undefined {
    const value = this.mappingTree.entries.get(key)?.value;
    return value === undefined || isNull(value) ? undefined : value;
  }

  /** The text of `key` exactly as written: a number or a word such as `yes` is taken as text. */
  text(key: string): string | undefined {
    const value = this.tree(key);
    if (value === undefined) return undefined;
    if (value.kind === 'scalar') return value.text;
    this.#wrongType(value, key, 'a text');
    return undefined;
  }

  /** The truth value of `key`. */
  boolean(key: string): boolean | undefined {
    const value = this.tree(key);
    if (value === undefined) return undefined;
    const truth = value.kind === 'scalar' ? asBoolean(value) : undefined;
    if (truth === undefined) this.#wrongType(value, key, 'true or false');
    return truth;
  }

  /** The whole number of `key`. */
  integer(key: string): number | undefined {
    const value = this.tree(key);
    if (value === undefined) return undefined;
    const number = value.kind === 'scalar' ? asInteger(value) : undefined;
    if (number === undefined) this.#wrongType(value, key, 'a whole number');
    return number;
  }

  /** The items of list `key`, at most `max`; empty when absent. */
  list(key: string, max: number): readonly Tree[] {
    const value = this.tree(key);
    if (value === undefined) return [];
    if (value.kind !== 'list') {
      this.#wrongType(value, key, 'a list');
      return [];
    }
    if (value.items.length <= max) return value.items;
    this.#report.error('DIRECTIVE_TOO_LARGE', value.at, `${quoted(key)} has more than ${max} entries`);
    return value.items.slice(0, max);
  }

  /** The mapping of `key`. */
  mapping(key: string): Mapping | undefined {
    const value = this.tree(key);
    if (value === undefined || value.kind === 'mapping') return value;
    this.#wrongType(value, key, 'a mapping of keys');
    return undefined;
  }

  #wrongType(value: Scalar | List | Mapping, key: string, wanted: string): void {
    this.#report.error('DIRECTIVE_TYPE', value.at, `${quoted(key)} must be ${wanted}`);
  }
}
