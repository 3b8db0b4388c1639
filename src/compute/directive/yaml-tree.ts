/**
 * YAML text → a small tree with positions, under hard bounds.
 *
 * Flow: bytes and tokens counted → parsed without tags or schema → aliases and merge keys resolved under a node budget →
 * a plain tree. Scalars stay texts: what `yes` or `010` means depends on the type that the reader wants
 * (`directive.md §2`), so this file does not decide it. JSON is read by the same path, which gives it positions too.
 */
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node as YamlNode,
  parseDocument,
  visit,
} from 'yaml';
import { quoted } from '../../kernel/index.ts';
import type { Position } from './errors.ts';
import type { Report } from './report.ts';

/** Largest text that is read, in UTF-16 units. */
const MAX_TEXT_LENGTH = 512 * 1024;
/**
 * The parser's cost can grow with the square of the tokens on one line; with the length this bounds the worst
 * text to a few seconds.
 */
const MAX_TOKENS = 65_536;
/** Nodes after aliases are resolved: an alias bomb ends here. */
const MAX_NODES = 50_000;
const MAX_DEPTH = 32;

/** One value of the tree. */
export type Tree = Scalar | List | Mapping;

/** A text as written. `plain` is true when it had no quotes, so that `null` and `"null"` can be told apart. */
export interface Scalar {
  readonly kind: 'scalar';
  readonly text: string;
  readonly plain: boolean;
  readonly at: Position;
}

/** A sequence. */
export interface List {
  readonly kind: 'list';
  readonly items: readonly Tree[];
  readonly at: Position;
}

/** A mapping with text keys, in written order, no key twice. */
export interface Mapping {
  readonly kind: 'mapping';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly at: Position;
}

/** A key's position and its value. */
export interface Entry {
  readonly keyAt: Position;
  readonly value: Tree;
}

const START: Position = Object.freeze({ line: 1, column: 1 });

/**
 * The tree of `text`, or `undefined` when the text is empty or its faults (told to `report`) leave nothing to read.
 */
export function parseTree(text: string, report: Report): Tree | undefined {
  if (text.length > MAX_TEXT_LENGTH) {
    report.error('DIRECTIVE_TOO_LARGE', START, `the text is longer than ${MAX_TEXT_LENGTH} characters`);
    return undefined;
  }
  let tokens = 0;
  for (const _ of new Lexer().lex(text)) {
    if (++tokens <= MAX_TOKENS) continue;
    report.error('DIRECTIVE_TOO_LARGE', START, `the text has more than ${MAX_TOKENS} tokens`);
    return undefined;
  }
  const lines = new LineCounter();
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'failsafe',
    // The library compares every pair of keys; the builder below finds a repeated key in one pass.
    uniqueKeys: false,
  });
  for (const error of document.errors) report.error('DIRECTIVE_YAML', positionAt(error.pos[0]), error.message);
  if (document.errors.length > 0 || document.contents === null) return undefined;
  return new TreeBuilder(report, positionAt, aliasTargets(document.contents)).build(document.contents, 0);
}

/** Each alias node with the node it stands for: the last one before it that carries the anchor. */
function aliasTargets(root: YamlNode): Map<YamlNode, YamlNode> {
  const anchors = new Map<string, YamlNode>();
  const targets = new Map<YamlNode, YamlNode>();
  visit(root, {
    Node: (_key, node) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) {
        anchors.set(node.anchor, node);
      }
    },
  });
  return targets;
}

class TreeBuilder {
  readonly #report: Report;
  readonly #positionAt: (offset: number) => Position;
  readonly #targets: Map<YamlNode, YamlNode>;
  #nodes = 0;

  constructor(report: Report, positionAt: (offset: number) => Position, targets: Map<YamlNode, YamlNode>) {
    this.#report = report;
    this.#positionAt = positionAt;
    this.#targets = targets;
  }

  build(node: unknown, depth: number): Tree | undefined {
    const at = this.#at(node);
    if (depth > MAX_DEPTH || ++this.#nodes > MAX_NODES) {
      // Reported once: every further node of a bomb would say the same.
      if (depth > MAX_DEPTH || this.#nodes === MAX_NODES + 1) {
        const bound = depth > MAX_DEPTH ? `is nested deeper than ${MAX_DEPTH}` : `has more than ${MAX_NODES} values`;
        this.#report.error('DIRECTIVE_TOO_LARGE', at, `the text ${bound}`);
      }
      return undefined;
    }
    if (isAlias(node)) {
      const target = this.#targets.get(node);
      if (target !== undefined) return this.build(target, depth + 1);
      this.#report.error('DIRECTIVE_YAML', at, `alias ${quoted(node.source)} has no anchor before it`);
      return undefined;
    }
    if (isScalar(node)) {
      const plain = node.type === 'PLAIN' || node.type === undefined;
      return Object.freeze({ kind: 'scalar', text: textOf(node), plain, at });
    }
    if (isSeq(node)) {
      const items: Tree[] = [];
      for (const item of node.items) {
        const built = this.build(item, depth + 1);
        if (built === undefined) return undefined;
        items.push(built);
      }
      return Object.freeze({ kind: 'list', items: Object.freeze(items), at });
    }
    if (isMap(node)) return this.#buildMapping(node.items, at, depth);
    // A key without a value, such as `steps:`.
    return Object.freeze({ kind: 'scalar', text: '', plain: true, at });
  }

  #buildMapping(pairs: readonly unknown[], at: Position, depth: number): Mapping | undefined {
    const own = new Map<string, Entry>();
    const merged = new Map<string, Entry>();
    for (const pair of pairs) {
      if (!isPair(pair)) continue;
      const key = isAlias(pair.key) ? this.#targets.get(pair.key) : pair.key;
      if (!isScalar(key)) {
        this.#report.error('DIRECTIVE_YAML', this.#at(pair.key), 'a key must be a text');
        continue;
      }
      const keyAt = this.#at(pair.key);
      const value = pair.value === null ? this.#absent(keyAt) : this.build(pair.value, depth + 1);
      if (value === undefined) return undefined;
      const name = textOf(key);
      if (name === '<<' && (key.type === 'PLAIN' || key.type === undefined)) this.#merge(merged, value);
      else if (own.has(name)) this.#report.error('DIRECTIVE_YAML', keyAt, `key ${quoted(name)} stands twice`);
      else own.set(name, Object.freeze({ keyAt, value }));
    }
    for (const [name, entry] of merged) if (!own.has(name)) own.set(name, entry);
    return Object.freeze({ kind: 'mapping', entries: own, at });
  }

  /** YAML 1.1 merge key: the mapping's own keys win over merged ones, earlier merged ones over later ones. */
  #merge(into: Map<string, Entry>, value: Tree): void {
    const sources = value.kind === 'list' ? value.items : [value];
    for (const source of sources) {
      if (source.kind === 'mapping') {
        for (const [name, entry] of source.entries) if (!into.has(name)) into.set(name, entry);
      } else {
        this.#report.error('DIRECTIVE_YAML', source.at, "'<<' must name a mapping or a list of mappings");
      }
    }
  }

  #absent(at: Position): Scalar {
    this.#nodes++;
    return Object.freeze({ kind: 'scalar', text: '', plain: true, at });
  }

  #at(node: unknown): Position {
    const range = (node as { range?: readonly number[] | null } | null)?.range;
    return this.#positionAt(range?.[0] ?? 0);
  }
}

/** Without a schema every scalar is a text. */
function textOf(scalar: { readonly value: unknown }): string {
  return typeof scalar.value === 'string' ? scalar.value : '';
}
