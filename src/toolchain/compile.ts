/** Finds out how each function of a project is built, and builds it. */
import path from 'node:path';
import { DEFAULT_MODULE_LIMITS } from '../compute/wasm/index.ts';
import { hasCode, quoted } from '../kernel/index.ts';
import { ASSEMBLYSCRIPT_ENTRY, type Compiled, compileAssemblyScript } from './assemblyscript.ts';
import { compileRust, RUST_ENTRY } from './cargo.ts';
import { ToolchainError } from './errors.ts';
import { exists, readBytes } from './files.ts';
import type { Findings } from './finding.ts';
import type { FunctionFolder, Project } from './project.ts';

/** A function's module and where it came from. */
export interface BuiltModule {
  readonly function: FunctionFolder;
  readonly bytes: Uint8Array;
  /** The file that findings about the module name. */
  readonly file: string;
}

/** A language that is compiled here. */
interface Compiler {
  /** The file in a function's folder without which there is nothing to compile. */
  readonly source: string;
  /** The answers have the order of the folders. */
  readonly compile: (
    directory: string,
    folders: readonly string[],
    signal: AbortSignal | undefined,
  ) => Promise<readonly Compiled[]>;
}

const COMPILERS: ReadonlyMap<string, Compiler> = new Map([
  ['assemblyscript', { source: ASSEMBLYSCRIPT_ENTRY, compile: compileAssemblyScript }],
  ['rust', { source: RUST_ENTRY, compile: compileRust }],
]);

/**
 * The modules of all functions of `project`; functions without one have a finding. What is not compiled here, or has no source
 * where it is looked for, brings its module along.
 * @throws {ToolchainError} TOOLCHAIN_CANCELLED
 */
export async function compileFunctions(
  project: Project,
  findings: Findings,
  signal: AbortSignal | undefined,
): Promise<readonly BuiltModule[]> {
  const groups = new Map<Compiler | undefined, FunctionFolder[]>();
  for (const entry of project.functions) {
    const compiler = COMPILERS.get(entry.description.lang);
    const hasSource = compiler !== undefined && (await exists(fileOf(project, entry, compiler.source)));
    const key = hasSource ? compiler : undefined;
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  const built: BuiltModule[] = [];
  for (const [compiler, entries] of groups) {
    const modules =
      compiler === undefined
        ? await takeModules(project, entries, findings)
        : await compileAll(project, entries, compiler, findings, signal);
    built.push(...modules);
  }
  return built;
}

/**
 * Compiles functions of one language. Where the compiler is not installed but every function has a module beside its source,
 * those are taken with a warning: an application can be deployed from a machine that cannot build it.
 */
async function compileAll(
  project: Project,
  entries: readonly FunctionFolder[],
  { source, compile }: Compiler,
  findings: Findings,
  signal: AbortSignal | undefined,
): Promise<readonly BuiltModule[]> {
  const folders = entries.map(({ folder }) => folder);
  try {
    const answers = await compile(project.directory, folders, signal);
    return answers.flatMap(({ module, findings: more }, index) => {
      findings.add(...more);
      const entry = entries[index];
      if (module === undefined || entry === undefined) return [];
      return [{ function: entry, bytes: module, file: fileOf(project, entry, source) }];
    });
  } catch (error) {
    if (!(error instanceof ToolchainError) || hasCode(error, 'TOOLCHAIN_CANCELLED')) throw error;
    const haveModules = await Promise.all(entries.map((entry) => exists(moduleFileOf(project, entry))));
    const fallBack = hasCode(error, 'TOOLCHAIN_MISSING') && !haveModules.includes(false);
    for (const entry of entries) {
      const file = fileOf(project, entry, source);
      if (!fallBack) await findings.attempt(file, () => Promise.reject(error));
      else findings.report('warning', error.code, file, `${error.message}; took the module that was there`);
    }
    return fallBack ? takeModules(project, entries, findings) : [];
  }
}

async function takeModules(
  project: Project,
  entries: readonly FunctionFolder[],
  findings: Findings,
): Promise<readonly BuiltModule[]> {
  const built: BuiltModule[] = [];
  for (const entry of entries) {
    const file = moduleFileOf(project, entry);
    await findings.attempt(entry.file, async () => {
      const bytes = await readBytes(file, DEFAULT_MODULE_LIMITS.maxModuleBytes);
      if (bytes === undefined) throw noModule(entry);
      built.push({ function: entry, bytes, file });
    });
  }
  return built;
}

function noModule({ description: { name, lang }, folder }: FunctionFolder): ToolchainError {
  const source = COMPILERS.get(lang)?.source;
  const place = quoted(`${folder}/${name}.wasm`);
  if (source === undefined) {
    const message = `function ${quoted(name)} has no module, and ${lang} is not compiled here`;
    return new ToolchainError('TOOLCHAIN_LANGUAGE', message, { remedy: `compile it yourself and put it at ${place}` });
  }
  return new ToolchainError('TOOLCHAIN_LANGUAGE', `function ${quoted(name)} has neither ${source} nor a module`, {
    remedy: `write ${quoted(`${folder}/${source}`)}, or put a module at ${place}`,
  });
}

function moduleFileOf(project: Project, entry: FunctionFolder): string {
  // A function's name is any text, but what is read lies in its folder.
  return fileOf(project, entry, `${path.basename(entry.description.name)}.wasm`);
}

function fileOf(project: Project, { folder }: FunctionFolder, name: string): string {
  return path.join(project.directory, folder, name);
}
