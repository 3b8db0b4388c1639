/** Directive.yaml → model (`directive.md §2`, §4). */
import { DirectiveError, type Position, type Problem } from './errors.ts';
import { Fields } from './fields.ts';
import { type FunctionName, parseFunctionReference, refersTo } from './function-name.ts';
import type { Directive, FunctionEntry, Query } from './model.ts';
import { readQueries } from './queries.ts';
import { readCapabilities } from './read-capabilities.ts';
import { readConnections } from './read-connections.ts';
import { readFunctions } from './read-functions.ts';
import { readHandlers, readSchedules, type ReadingScope } from './read-handlers.ts';
import { readLimits, withCommonLimits } from './read-limits.ts';
import { Report } from './report.ts';
import { parseVersion, type Rules, rulesOf } from './version.ts';
import { parseTree } from './yaml-tree.ts';

const DIRECTIVE_KEYS = [
  'identifier',
  'appVersion',
  'atmoVersion',
  'headless',
  'connections',
  'authentication',
  'capabilities',
  'limits',
  'handlers',
  'schedules',
  'queries',
  'runnables',
];
const START: Position = Object.freeze({ line: 1, column: 1 });

/** Where a description comes from, and what the project keeps in other files. */
export interface ReadOptions {
  /** The name that findings show. */
  readonly file: string;
  /** Functions found in the project's folders; without this they stand under `runnables`, as in a bundle. */
  readonly functions?: readonly FunctionEntry[];
  /** Restores the permissive defaults of the reference; unknown keys under `capabilities` are then ignored. */
  readonly compat?: 'suborbital';
  /** Queries of a `Queries.yaml`, added to those of the description. */
  readonly queries?: readonly Query[];
}

/** A description that has been read: the model is absent when any finding is an error. */
export interface Checked {
  readonly directive: Directive | undefined;
  /** Sorted by position. */
  readonly problems: readonly Problem[];
}

/** Reads a Directive and reports everything that is wrong with it. */
export function checkDirective(text: string, options: ReadOptions): Checked {
  const report = new Report(options.file);
  const tree = parseTree(text, report);
  if (tree === undefined && !report.failed) report.error('DIRECTIVE_YAML', START, 'the file is empty');
  const isOld = tree?.kind === 'mapping' && !tree.entries.has('appVersion') && tree.entries.has('version');
  const fields =
    tree && Fields.of(report, tree, 'the Directive', isOld ? [...DIRECTIVE_KEYS, 'version'] : DIRECTIVE_KEYS);
  const directive = fields && readFields(report, fields, options);
  return { directive: report.failed ? undefined : directive, problems: report.problems() };
}

/**
 * Reads a Directive that must be valid.
 * @throws {DirectiveError} DIRECTIVE_INVALID with all findings.
 */
export function readDirective(text: string, options: ReadOptions): Directive {
  const { directive, problems } = checkDirective(text, options);
  if (directive === undefined) throw DirectiveError.ofProblems(problems);
  return directive;
}

/** Reads a `Queries.yaml`: a file with the one key `queries`. */
export function checkQueries(
  text: string,
  file: string,
): { readonly queries: readonly Query[]; readonly problems: readonly Problem[] } {
  const report = new Report(file);
  const tree = parseTree(text, report);
  const fields = tree && Fields.of(report, tree, 'the file', ['queries']);
  const queries = fields === undefined ? [] : readQueries(report, fields);
  return { queries, problems: report.problems() };
}

function readFields(report: Report, fields: Fields, options: ReadOptions): Directive {
  const identifier = fields.text('identifier') ?? '';
  if (identifier === '') report.error('DIRECTIVE_IDENTIFIER', fields.placeOf('identifier'), 'identifier is missing');

  const atmoVersion = fields.text('atmoVersion') ?? '';
  const atmoNumbers = parseVersion(atmoVersion);
  if (atmoNumbers === undefined) {
    const text = 'atmo version is not a valid semantic version';
    report.error('DIRECTIVE_ATMO_VERSION', fields.placeOf('atmoVersion'), text);
  }
  const rules = rulesOf(atmoNumbers);

  const versionKey = rules.versionKey && !fields.has('appVersion') ? 'version' : 'appVersion';
  const appVersion = fields.text(versionKey) ?? '';
  if (parseVersion(appVersion) === undefined) {
    const text = 'app version is not a valid semantic version';
    report.error('DIRECTIVE_APP_VERSION', fields.placeOf(versionKey), text);
  }

  const listed = options.functions ?? readFunctions(report, fields, 'runnables');
  const functions = withCommonLimits(listed, readLimits(report, fields));
  const connections = readConnections(report, fields);
  const scope: ReadingScope = {
    report,
    rules,
    functionKey: 'fn',
    stateKey: () => undefined,
    resolve: resolver(identifier, appVersion, functions, rules),
  };
  const queries = readQueries(report, fields, options.queries);
  const { grants, connections: capabilityConnections } = readCapabilities(report, fields, {
    connections,
    queries,
    compat: options.compat,
  });
  return Object.freeze({
    kind: 'directive',
    identifier,
    appVersion,
    atmoVersion,
    headless: fields.boolean('headless') ?? false,
    functions: Object.freeze([...functions]),
    handlers: readHandlers(scope, fields, connections),
    schedules: readSchedules(scope, fields),
    workflows: Object.freeze([]),
    queries,
    connections,
    grants,
    capabilityConnections,
    rules,
  });
}

function resolver(
  identifier: string,
  version: string,
  functions: readonly FunctionEntry[],
  rules: Rules,
): (reference: string) => FunctionName | undefined {
  const names = new Map<string, FunctionName>();
  for (const { namespace, name } of functions) {
    names.set(JSON.stringify([namespace, name]), Object.freeze({ identifier, namespace, name, version }));
  }
  return (text) => {
    try {
      const reference = parseFunctionReference(text, rules.hashNamespace ? '#' : '::');
      const found = names.get(JSON.stringify([reference.namespace, reference.name]));
      return found !== undefined && refersTo(reference, found) ? found : undefined;
    } catch (error) {
      if (error instanceof DirectiveError) return undefined;
      throw error;
    }
  };
}
