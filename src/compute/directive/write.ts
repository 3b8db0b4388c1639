/** What a build adds to a project's Directive before it goes into a bundle (`bundle.md §4`). */
import { isSeq, parseDocument } from 'yaml';
import { DirectiveError } from './errors.ts';
import type { FunctionEntry, Query } from './model.ts';
import { printFunctionName } from './function-name.ts';
import { readDirective } from './read.ts';
import type { FunctionLimits } from './read-limits.ts';

/** What the project keeps outside its Directive. */
export interface Embedded {
  readonly functions: readonly FunctionEntry[];
  /** Of `Queries.yaml`. */
  readonly queries: readonly Query[];
}

/**
 * `text` with `runnables` replaced by the given functions and the given queries added; comments and order stay.
 * @throws {DirectiveError} DIRECTIVE_INVALID when the result would not be a valid Directive.
 */
export function embedFunctions(text: string, file: string, embedded: Embedded): string {
  const { functions, queries } = embedded;
  const directive = readDirective(text, { file, functions, queries });
  const document = parseDocument(text, { schema: 'failsafe', uniqueKeys: false });
  const runnables = functions
    .toSorted((a, b) => compareText(`${a.namespace}::${a.name}`, `${b.namespace}::${b.name}`))
    .map(({ name, namespace, lang, apiVersion, ref, limits }) => ({
      name,
      namespace,
      lang,
      apiVersion,
      fqfn: printFunctionName({ identifier: directive.identifier, namespace, name, version: directive.appVersion }),
      ref,
      ...(limits !== undefined && { limits: texts(limits) }),
    }));
  document.set('runnables', document.createNode(runnables));
  if (queries.length > 0 && !isSeq(document.get('queries'))) document.set('queries', document.createNode([]));
  for (const { name, query, type, varCount } of queries) {
    document.addIn(['queries'], document.createNode({ name, query, type, varCount: String(varCount) }));
  }
  const written = document.toString();
  const { functions: readBack } = readDirective(written, { file });
  if (readBack.length === functions.length) return written;
  throw new DirectiveError('DIRECTIVE_INVALID', 'the functions could not be written into the Directive', {
    place: file,
  });
}

/** The document's schema knows texts only. */
function texts(limits: FunctionLimits): Record<string, string> {
  return Object.fromEntries(Object.entries(limits).map(([name, value]) => [name, String(value)]));
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
