/** A project folder → what its files say, before anything is compiled (`directive.md` §2, §10, §11). */
import path from 'node:path';
import { DEFAULT_BUNDLE_LIMITS } from '../compute/bundle/index.ts';
import { checkQueries, type Query, readRunnableFile, type RunnableFile } from '../compute/directive/index.ts';
import { quoted } from '../kernel/index.ts';
import { ToolchainError } from './errors.ts';
import { type Entry, entriesOf, exists, readBytes, readText } from './files.ts';
import type { Findings } from './finding.ts';

/** The name of the Directive in a project. */
export const DIRECTIVE_FILE = 'Directive.yaml';
const QUERIES_FILE = 'Queries.yaml';
const STATIC_FOLDER = 'static';
/** `.runnable.yaml` and the later `.module.yaml`. */
const DESCRIPTION = /^\.(?:runnable|module)\.ya?ml$/;
const MAX_FOLDER_DEPTH = 32;

/** A project as it lies on the disk. */
export interface Project {
  /** As the user typed it; findings show files below it. */
  readonly directory: string;
  readonly directiveText: string;
  /** Of `Queries.yaml`. */
  readonly queries: readonly Query[];
  /** By folder. */
  readonly functions: readonly FunctionFolder[];
  /** By name without the leading `static/`. */
  readonly staticFiles: ReadonlyMap<string, Uint8Array>;
}

/** One folder with a function's description in it. */
export interface FunctionFolder {
  readonly description: RunnableFile;
  /** The folder's name, directly below the project. */
  readonly folder: string;
  /** The description, as findings show it. */
  readonly file: string;
}

/**
 * Reads the project in `directory`; faults go to `findings`, and what can be read beside them is returned.
 * @throws {ToolchainError} TOOLCHAIN_NO_APPLICATION, TOOLCHAIN_FILE for the folder and its Directive
 */
export async function readProject(directory: string, findings: Findings): Promise<Project> {
  const directiveText = await readText(path.join(directory, DIRECTIVE_FILE));
  if (directiveText === undefined) {
    throw new ToolchainError('TOOLCHAIN_NO_APPLICATION', `${quoted(directory)} has no ${DIRECTIVE_FILE}`, {
      remedy: 'name the folder of an application',
    });
  }
  return {
    directory,
    directiveText,
    queries: await readQueries(path.join(directory, QUERIES_FILE), findings),
    functions: await readFunctions(directory, findings),
    staticFiles: await readStatic(directory, findings),
  };
}

async function readQueries(file: string, findings: Findings): Promise<readonly Query[]> {
  const text = await findings.attempt(file, () => readText(file));
  if (text === undefined) return [];
  const { queries, problems } = checkQueries(text, file);
  findings.add(...problems);
  return queries;
}

async function readFunctions(directory: string, findings: Findings): Promise<readonly FunctionFolder[]> {
  const functions: FunctionFolder[] = [];
  const taken = new Map<string, string>();
  for (const { name: folder, kind } of await entriesOf(directory)) {
    if (kind !== 'folder') continue;
    const found = await findings.attempt(path.join(directory, folder), () => describe(directory, folder));
    if (found === undefined) continue;
    findings.add(...found.description.problems);
    const name = `${found.description.namespace}::${found.description.name}`;
    const other = taken.get(name);
    if (other === undefined) functions.push(found);
    else findings.report('error', 'TOOLCHAIN_FUNCTION', found.file, `function ${name} stands in ${quoted(other)} too`);
    taken.set(name, folder);
  }
  return functions;
}

/** The function in `folder`; `undefined` when the folder has no description. */
async function describe(directory: string, folder: string): Promise<FunctionFolder | undefined> {
  const entries = await entriesOf(path.join(directory, folder));
  const [first, second] = entries.filter((entry) => DESCRIPTION.test(entry.name));
  if (first === undefined) return undefined;
  if (second !== undefined) {
    const message = `${quoted(folder)} has both ${first.name} and ${second.name}`;
    throw new ToolchainError('TOOLCHAIN_FUNCTION', message, { remedy: 'keep one of them' });
  }
  const file = path.join(directory, folder, first.name);
  const text = await readText(file);
  return text === undefined ? undefined : { description: readRunnableFile(text, file, folder), folder, file };
}

async function readStatic(directory: string, findings: Findings): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const root = path.join(directory, STATIC_FOLDER);
  let room = DEFAULT_BUNDLE_LIMITS.maxTotalBytes;
  const read = async (prefix: string, { name, kind }: Entry, depth: number): Promise<void> => {
    const file = path.join(root, prefix, name);
    if (kind === 'folder') {
      await walk(`${prefix}${name}/`, depth + 1);
    } else {
      const limit = Math.min(room, DEFAULT_BUNDLE_LIMITS.maxEntryBytes);
      const bytes = await findings.attempt(file, () => readBytes(file, limit));
      if (bytes === undefined) return;
      room -= bytes.length;
      files.set(prefix + name, bytes);
    }
    if (files.size > DEFAULT_BUNDLE_LIMITS.maxEntries || depth > MAX_FOLDER_DEPTH) {
      throw new ToolchainError('TOOLCHAIN_FILE', `${quoted(root)} holds too many files or folders in folders`);
    }
  };
  const walk = async (prefix: string, depth: number): Promise<void> => {
    for (const entry of await entriesOf(path.join(root, prefix))) await read(prefix, entry, depth);
  };
  if (await exists(root)) await findings.attempt(root, () => walk('', 0));
  return files;
}
