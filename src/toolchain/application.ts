/**
 * A project folder → a bundle and a report. The flow: 1 read the project, 2 check its Directive, 3 compile, 4 examine the
 * modules, 5 write the bundle and read it back. Every stage runs as far as the findings of those before it allow.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { readBundle, writeBundle } from '../compute/bundle/index.ts';
import { checkDirective, type Directive, embedFunctions, type FunctionEntry } from '../compute/directive/index.ts';
import { type BuiltModule, compileFunctions } from './compile.ts';
import { examineModule } from './examine.ts';
import { type Finding, Findings } from './finding.ts';
import { describePermissions } from './permissions.ts';
import { DIRECTIVE_FILE, type Project, readProject } from './project.ts';

/** One function in a report. */
export interface FunctionReport {
  readonly name: string;
  readonly namespace: string;
  readonly lang: string | undefined;
  /** Lower-case hex SHA-256 of the module. */
  readonly digest: string;
  /** Length of the module. */
  readonly bytes: number;
  /** What it may do, one sentence a line. */
  readonly may: readonly string[];
}

/** What is known about an application. */
export interface ApplicationReport {
  readonly identifier: string | undefined;
  readonly version: string | undefined;
  readonly handlers: readonly { readonly method: string; readonly resource: string }[];
  /** By namespace and name; functions whose module cannot run are missing. */
  readonly functions: readonly FunctionReport[];
  readonly findings: readonly Finding[];
}

/** An application that was put together; the bundle is absent when any finding is an error. */
export interface Assembled {
  readonly report: ApplicationReport;
  readonly bundle: Uint8Array | undefined;
}

/** How an application is read and put together. */
export interface AssembleOptions {
  /** Restores the permissive defaults of the reference for what functions may do. */
  readonly compat?: 'suborbital' | undefined;
  /** Stops the compilers; the result is then `TOOLCHAIN_CANCELLED`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Puts the application in the folder `directory` together.
 * @throws {ToolchainError} TOOLCHAIN_NO_APPLICATION, TOOLCHAIN_FILE, TOOLCHAIN_CANCELLED; what else is wrong is a finding.
 */
export async function assemble(directory: string, options: AssembleOptions): Promise<Assembled> {
  const findings = new Findings();
  const project = await readProject(directory, findings);
  const file = path.join(directory, DIRECTIVE_FILE);
  const { directive, problems } = checkDirective(project.directiveText, {
    file,
    functions: project.functions.map(({ description }) => entryOf(description, undefined)),
    queries: project.queries,
    ...(options.compat && { compat: options.compat }),
  });
  findings.add(...problems);
  if (project.functions.length === 0) {
    findings.report('error', 'DIRECTIVE_FUNCTIONS_MISSING', file, 'no folder beside it holds a .runnable.yaml');
  }
  const modules = await compileFunctions(project, findings, options.signal);
  const functions = await examineAll(modules, directive, findings);
  const bundle = findings.failed ? undefined : await findings.attempt(file, () => pack(project, modules, options));
  return { report: reportOf(directive, functions, findings), bundle };
}

/** The report about an application, whether it comes from a folder or from a bundle. */
export function reportOf(
  directive: Directive | undefined,
  functions: readonly FunctionReport[],
  findings: Findings,
): ApplicationReport {
  return {
    identifier: directive?.identifier,
    version: directive?.appVersion,
    handlers: (directive?.handlers ?? [])
      .filter((handler) => handler.type === 'request')
      .map(({ method, resource }) => ({ method, resource })),
    functions: functions.toSorted((a, b) => (fullNameOf(a) < fullNameOf(b) ? -1 : 1)),
    findings: findings.all,
  };
}

/** The report about one module; `undefined` when it cannot run. */
export async function examineFunction(
  entry: Pick<FunctionEntry, 'name' | 'namespace' | 'lang'>,
  bytes: Uint8Array,
  file: string,
  directive: Directive | undefined,
  findings: Findings,
): Promise<FunctionReport | undefined> {
  const profile = await examineModule(bytes, file, findings);
  if (profile === undefined) return undefined;
  const { name, namespace, lang } = entry;
  const may = directive === undefined ? [] : describePermissions(directive.grants, profile);
  return { name, namespace, lang, digest: sha256(bytes), bytes: bytes.length, may };
}

async function examineAll(
  modules: readonly BuiltModule[],
  directive: Directive | undefined,
  findings: Findings,
): Promise<readonly FunctionReport[]> {
  const reports: FunctionReport[] = [];
  for (const { function: entry, bytes, file } of modules) {
    const report = await examineFunction(entry.description, bytes, file, directive, findings);
    if (report !== undefined) reports.push(report);
  }
  return reports;
}

async function pack(
  project: Project,
  modules: readonly BuiltModule[],
  { compat }: AssembleOptions,
): Promise<Uint8Array> {
  const functions = modules.map(({ function: entry, bytes }) => entryOf(entry.description, sha256(bytes)));
  const bundle = await writeBundle({
    kind: 'directive',
    // Positions in the manifest are nobody's business here: the text was checked before.
    manifest: embedFunctions(project.directiveText, DIRECTIVE_FILE, { functions, queries: project.queries }),
    modules: modules.map(({ function: { description }, bytes }) => ({
      namespace: description.namespace,
      name: description.name,
      bytes,
    })),
    staticFiles: project.staticFiles,
  });
  await readBundle(bundle, compat === undefined ? {} : { compat });
  return bundle;
}

function entryOf({ name, namespace, lang, apiVersion, limits }: FunctionEntry, ref: string | undefined): FunctionEntry {
  return { name, namespace, lang, apiVersion, ref, ...(limits !== undefined && { limits }) };
}

function fullNameOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}::${name}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
