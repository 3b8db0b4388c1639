/** The functions of an application: `runnables` of a Directive, `modules` of a tenant, `.runnable.yaml` of one folder. */
import { quoted } from '../../kernel/index.ts';
import { DirectiveError, type Problem } from './errors.ts';
import { Fields } from './fields.ts';
import { DEFAULT_NAMESPACE } from './function-name.ts';
import type { FunctionEntry } from './model.ts';
import { readLimits } from './read-limits.ts';
import { Report } from './report.ts';
import { parseTree } from './yaml-tree.ts';

const MAX_FUNCTIONS = 4096;
const RUNNABLE_KEYS = [
  'name',
  'namespace',
  'lang',
  'version',
  'draftVersion',
  'apiVersion',
  'fqfn',
  'fqfnUri',
  'ref',
  'limits',
];
const MODULE_KEYS = [
  'name',
  'namespace',
  'lang',
  'ref',
  'draftRef',
  'apiVersion',
  'fqmn',
  'uri',
  'revisions',
  'wasmRef',
  'limits',
];
const RUNNABLE_FILE_KEYS = ['name', 'namespace', 'lang', 'version', 'draftVersion', 'apiVersion', 'limits'];
/** `directive.md §11`; a short form means the language it stands before. */
const LANGUAGES: Readonly<Record<string, string>> = {
  rust: 'rust',
  rs: 'rust',
  swift: 'swift',
  assemblyscript: 'assemblyscript',
  as: 'assemblyscript',
  tinygo: 'tinygo',
  go: 'tinygo',
  grain: 'grain',
  gr: 'grain',
  typescript: 'typescript',
  ts: 'typescript',
  javascript: 'javascript',
  js: 'javascript',
  wat: 'wat',
  c: 'c',
};

/** The functions under `key` of `fields`; an application without any is reported. */
export function readFunctions(report: Report, fields: Fields, key: 'runnables' | 'modules'): readonly FunctionEntry[] {
  const items = fields.list(key, MAX_FUNCTIONS);
  const word = key === 'runnables' ? 'functions' : 'modules';
  if (items.length === 0) report.error('DIRECTIVE_FUNCTIONS_MISSING', fields.placeOf(key), `no ${word} listed`);
  const seen = new Set<string>();
  const functions: FunctionEntry[] = [];
  for (const [index, tree] of items.entries()) {
    const known = key === 'runnables' ? RUNNABLE_KEYS : MODULE_KEYS;
    const entry = Fields.of(report, tree, `function at position ${index}`, known);
    const read = entry && readFunction(report, entry, index);
    if (entry === undefined || read === undefined) continue;
    const fullName = `${read.namespace}::${read.name}`;
    if (seen.has(fullName)) report.error('DIRECTIVE_FUNCTION_DUPLICATE', entry.at, `duplicate fn ${fullName} found`);
    seen.add(fullName);
    functions.push(read);
  }
  return Object.freeze(functions);
}

function readFunction(report: Report, fields: Fields, index: number): FunctionEntry | undefined {
  const name = fields.text('name');
  const namespace = fields.text('namespace');
  const ref = fields.text('ref');
  const complain = (key: string, text: string): void =>
    report.error('DIRECTIVE_FUNCTION_ENTRY', fields.placeOf(key), text);
  if (!name) complain('name', `function at position ${index} missing name`);
  if (!namespace) complain('namespace', `function at position ${index} missing namespace`);
  if (ref && !/^[0-9a-f]{64}$/.test(ref)) complain('ref', `function at position ${index} has a ref that is no SHA-256`);
  const limits = readLimits(report, fields);
  if (!name || !namespace) return undefined;
  return Object.freeze({
    name,
    namespace,
    lang: fields.text('lang'),
    apiVersion: fields.text('apiVersion'),
    ref: ref || undefined,
    ...(limits !== undefined && { limits }),
  });
}

/** What a `.runnable.yaml` says about the function in its folder. */
export interface RunnableFile extends FunctionEntry {
  /** In its long form. */
  readonly lang: string;
  /** Warnings. */
  readonly problems: readonly Problem[];
}

/**
 * The `.runnable.yaml` in `text`; the name defaults to `directoryName`, the namespace to `default` (`directive.md §11`).
 * @throws {DirectiveError} DIRECTIVE_INVALID
 */
export function readRunnableFile(text: string, file: string, directoryName: string): RunnableFile {
  const report = new Report(file);
  const tree = parseTree(text, report);
  if (tree === undefined && !report.failed) {
    report.error('DIRECTIVE_YAML', { line: 1, column: 1 }, 'the file is empty');
  }
  const fields = tree && Fields.of(report, tree, 'the file', RUNNABLE_FILE_KEYS);
  const written = fields?.text('lang') ?? '';
  const lang = Object.hasOwn(LANGUAGES, written) ? LANGUAGES[written] : undefined;
  if (fields !== undefined && lang === undefined) {
    const text = written === '' ? 'lang is missing' : `unknown lang ${quoted(written)}`;
    report.error('DIRECTIVE_LANGUAGE', fields.placeOf('lang'), text);
  }
  const limits = fields && readLimits(report, fields);
  if (fields === undefined || lang === undefined || report.failed) throw DirectiveError.ofProblems(report.problems());
  return Object.freeze({
    name: fields.text('name') ?? directoryName,
    namespace: fields.text('namespace') ?? DEFAULT_NAMESPACE,
    lang,
    apiVersion: fields.text('apiVersion'),
    ref: undefined,
    ...(limits !== undefined && { limits }),
    problems: report.problems(),
  });
}
