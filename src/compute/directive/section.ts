/** Sections that `compute/capability` gives a meaning to: plain values out, positions of its findings back. */
import {
  type CapabilityConnections,
  type CapabilityProblem,
  type Grants,
  NO_GRANTS,
  parseCapabilities,
  parseCeiling,
  type ParsedCapabilities,
} from '../capability/index.ts';
import type { Position, Problem } from './errors.ts';
import { asBoolean, asInteger, isNull } from './fields.ts';
import { Report } from './report.ts';
import { parseTree, type Tree } from './yaml-tree.ts';

/** Keys whose values are texts even when they look like a number or a truth value, such as a password of digits. */
const TEXT_KEYS: ReadonlySet<string> = new Set([
  'allowedDomains',
  'allowedKeys',
  'blockedDomains',
  'connectionString',
  'headerType',
  'name',
  'password',
  'query',
  'serverAddress',
  'username',
  'value',
]);

/** What the sections of a description allow. */
export interface Capabilities {
  readonly grants: Grants;
  readonly connections: CapabilityConnections;
}

/** `tree` as plain data; scalars by YAML 1.1. */
export function plainOf(tree: Tree, isText = false): unknown {
  if (tree.kind === 'list') return tree.items.map((item) => plainOf(item, isText));
  if (tree.kind === 'mapping') {
    return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, plainOf(value, TEXT_KEYS.has(key))]));
  }
  if (isNull(tree)) return null;
  return (isText ? undefined : (asBoolean(tree) ?? asInteger(tree))) ?? tree.text;
}

/** The capabilities that `parsed` holds; its findings go to `report` at the places that their paths have below `root`. */
export function takeCapabilities(report: Report, root: Tree, parsed: ParsedCapabilities): Capabilities {
  if (parsed.ok) return { grants: parsed.grants, connections: parsed.connections };
  for (const { path, message } of parsed.problems) {
    report.error('DIRECTIVE_CAPABILITY', positionAt(root, path), `${path.join('.')} ${message}`);
  }
  return { grants: NO_GRANTS, connections: {} };
}

/** A file that holds a `capabilities` section alone, and what is wrong with it; no capabilities when that is an error. */
export interface CheckedCapabilities {
  readonly capabilities: Capabilities | undefined;
  readonly problems: readonly Problem[];
}

/** Reads grants from a YAML or JSON file: the section `capabilities` of a Directive without its key. */
export function checkCapabilityFile(text: string, file: string, compat?: 'suborbital'): CheckedCapabilities {
  const options = compat === undefined ? {} : { compat };
  return checkFile(text, file, (section) => parseCapabilities({ capabilities: section }, options));
}

/** Reads the ceiling that the owner of a Sat sets: the same words, over what a Sat allows by default. */
export function checkCeilingFile(text: string, file: string): CheckedCapabilities {
  return checkFile(text, file, parseCeiling);
}

function checkFile(text: string, file: string, parse: (section: unknown) => ParsedCapabilities): CheckedCapabilities {
  const report = new Report(file);
  const tree = parseTree(text, report);
  if (report.failed) return { capabilities: undefined, problems: report.problems() };
  const parsed = parse(tree === undefined ? undefined : plainOf(tree));
  if (tree === undefined) return { capabilities: parsed.ok ? parsed : undefined, problems: [] };
  const at: Position = tree.at;
  const root: Tree = { kind: 'mapping', at, entries: new Map([['capabilities', { keyAt: at, value: tree }]]) };
  const capabilities = takeCapabilities(report, root, parsed);
  return { capabilities: report.failed ? undefined : capabilities, problems: report.problems() };
}

/** Where the value at `path` stands, or the last part of the path that exists. */
function positionAt(root: Tree, path: CapabilityProblem['path']): Position {
  let tree = root;
  for (const step of path) {
    const next: Tree | undefined =
      tree.kind === 'mapping'
        ? tree.entries.get(String(step))?.value
        : tree.kind === 'list' && typeof step === 'number'
          ? tree.items[step]
          : undefined;
    if (next === undefined) break;
    tree = next;
  }
  return tree.at;
}
