/** `app check`: everything that is wrong with an application, and what each of its functions may do. */
import { DEFAULT_BUNDLE_LIMITS, manifestProblems, moduleOf, readBundle } from '../compute/bundle/index.ts';
import type { FunctionEntry, Handler } from '../compute/directive/index.ts';
import {
  type ApplicationReport,
  assemble,
  type AssembleOptions,
  examineFunction,
  type FunctionReport,
  reportOf,
} from './application.ts';
import { isFolder, readBytes } from './files.ts';
import { Findings } from './finding.ts';

/**
 * Examines `target`: a project folder, whose functions are compiled for it, or a bundle. Nothing is written. The application
 * is fit to run when no finding of the report is an error.
 * @throws {ToolchainError} TOOLCHAIN_NO_APPLICATION, TOOLCHAIN_FILE, TOOLCHAIN_CANCELLED
 */
export async function checkApplication(target: string, options: AssembleOptions = {}): Promise<ApplicationReport> {
  if (await isFolder(target)) return (await assemble(target, options)).report;
  const bytes = await readBytes(target, DEFAULT_BUNDLE_LIMITS.maxBundleBytes);
  return checkBundle(bytes ?? new Uint8Array(0), target, options.compat);
}

async function checkBundle(
  bytes: Uint8Array,
  file: string,
  compat: AssembleOptions['compat'],
): Promise<ApplicationReport> {
  const findings = new Findings();
  const bundle = await findings.attempt(file, async () => {
    try {
      return await readBundle(bytes, compat === undefined ? {} : { compat });
    } catch (error) {
      const problems = manifestProblems(error);
      if (problems.length === 0) throw error;
      findings.add(...problems.map((problem) => ({ ...problem, file: `${file}/${problem.file}` })));
      return undefined;
    }
  });
  const functions: FunctionReport[] = [];
  if (bundle === undefined) return reportOf(undefined, functions, findings);
  const called = calledBy(bundle.directive.handlers);
  for (const entry of bundle.directive.functions) {
    const module = moduleOf(bundle, entry);
    if (module === undefined) {
      const handler = called.get(whole(entry));
      const more = handler === undefined ? '' : `, and is called by ${handler}: no gateway serves it so`;
      const level = handler === undefined ? 'warning' : 'error';
      findings.report(level, 'TOOLCHAIN_FUNCTION', file, `function ${whole(entry)} has no module in the bundle${more}`);
      continue;
    }
    const shown = `${file}/${module.entry}`;
    const report = await examineFunction(entry, module.bytes, shown, bundle.directive, findings);
    if (report !== undefined) functions.push(report);
  }
  return reportOf(bundle.directive, functions, findings);
}

/** Functions that are called when requests come, each with one of the handlers that call it. */
function calledBy(handlers: readonly Handler[]): ReadonlyMap<string, string> {
  const called = new Map<string, string>();
  for (const { type, name, steps } of handlers) {
    if (type !== 'request') continue;
    for (const step of steps) {
      for (const { target } of step.kind === 'function' ? [step.call] : step.calls) {
        if (!called.has(whole(target))) called.set(whole(target), name);
      }
    }
  }
  return called;
}

function whole({ namespace, name }: Pick<FunctionEntry, 'namespace' | 'name'>): string {
  return `${namespace}::${name}`;
}
