/**
 * The process in which the AssemblyScript compiler runs. It gets one job, answers once for each function, and ends.
 *
 * Paths that reach the compiler are relative, because they become part of the module: the same sources give the same bytes
 * wherever they lie.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** What to compile; the working directory is the project. */
export interface CompilerJob {
  /** Absolute path of the compiler's module. */
  readonly compiler: string;
  /** Absolute path of the folder that holds the guest library. */
  readonly library: string;
  /** Relative paths of the functions' sources. */
  readonly entries: readonly string[];
}

/** What came of one entry. */
export interface CompilerAnswer {
  readonly module: Uint8Array | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** A finding of the compiler; `file` is relative to the project. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly file: string;
  readonly position: { readonly line: number; readonly column: number } | undefined;
}

/** The part of the compiler's interface that is used, version 0.20 and later. */
interface Compiler {
  readonly main: (
    args: readonly string[],
    host: {
      readonly readFile: (name: string, directory: string) => Promise<string | null>;
      readonly writeFile: (name: string, contents: Uint8Array | string) => void;
      readonly listFiles: () => readonly string[];
      readonly reportDiagnostic: (diagnostic: CompilerDiagnostic) => void;
    },
  ) => Promise<{ readonly error: Error | null }>;
}

interface CompilerDiagnostic {
  readonly message: string;
  readonly code: number;
  /** 0 pedantic, 1 information, 2 warning, 3 error. */
  readonly category: number;
  readonly range: CompilerRange | null;
  readonly relatedRange: CompilerRange | null;
}

interface CompilerRange {
  /** In UTF-16 units. */
  readonly start: number;
  readonly source: { readonly normalizedPath: string } | null;
}

const ENTRY = 'perigee-entry.ts';
const OUTPUT = 'module.wasm';
/** How the compiler shows a message that the guest library wrote. */
const USER_DEFINED = /^User-defined: '(.*)'$/;
const WARNING = 2;
const ERROR = 3;

/**
 * Optimised for speed: to save space the compiler would join texts one by one, which takes quadratic time. The collector runs
 * during a call too, so a function that makes much garbage stays below its memory cap.
 */
const OPTIONS = ['--optimizeLevel', '3', '--shrinkLevel', '0', '--runtime', 'incremental'];

process.once('message', (job: CompilerJob) => {
  void work(job).then(() => process.disconnect?.());
});

async function work({ compiler, library, entries }: CompilerJob): Promise<void> {
  const { main } = (await import(pathToFileURL(compiler).href)) as Compiler;
  for (const entry of entries) {
    const answer = await compile(main, library, entry);
    await send(answer);
  }
}

function send(answer: CompilerAnswer): Promise<void> {
  return new Promise((sent, lost) => {
    const accepted = process.send?.(answer, (error: Error | null) => (error === null ? sent() : lost(error)));
    if (accepted === undefined) lost(new Error('this file is run by assemblyscript.ts'));
  });
}

async function compile(main: Compiler['main'], library: string, entry: string): Promise<CompilerAnswer> {
  const texts = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  let module: Uint8Array | undefined;
  const args = [ENTRY, '--outFile', OUTPUT, '--lib', library, '--use', 'abort=~lib/perigee/abi/abort', ...OPTIONS];
  const { error } = await main(args, {
    readFile: async (name, directory) => {
      if (name === ENTRY) return entryText(entry);
      // Options of a project would change what its functions are; there is one set of options.
      if (name === 'asconfig.json') return null;
      try {
        const text = await readFile(path.resolve(directory, name), 'utf8');
        texts.set(directory === library ? `~lib/${name}` : name, text);
        return text;
      } catch {
        return null; // the compiler tries several names and reports what it finds under none
      }
    },
    writeFile: (name, contents) => {
      if (name === OUTPUT && typeof contents !== 'string') module = contents;
    },
    listFiles: () => [],
    reportDiagnostic: (diagnostic) => {
      if (diagnostic.category >= WARNING) diagnostics.push(describe(diagnostic, entry, texts));
    },
  });
  const hasError = diagnostics.some(({ severity }) => severity === 'error');
  if (error !== null && !hasError) {
    const { message } = error;
    diagnostics.push({
      severity: 'error',
      code: 'TOOLCHAIN_COMPILER_FAILED',
      message,
      file: entry,
      position: undefined,
    });
  }
  return { module: error === null ? module : undefined, diagnostics };
}

/** The module's entry: the function's `run` between the beginning and the end of a call. */
function entryText(entry: string): string {
  return `import { run } from ${JSON.stringify(`./${entry.replace(/\.ts$/, '')}`)};
import { begin, finish } from 'perigee/abi';
export { allocate, deallocate } from 'perigee/abi';
export function run_e(pointer: usize, length: i32, ident: i32): void {
  begin(pointer, length, ident);
  finish(run());
}
`;
}

/** A place in the user's own files is preferred to one in a library, which he cannot change. */
function describe(diagnostic: CompilerDiagnostic, entry: string, texts: ReadonlyMap<string, string>): Diagnostic {
  const { code, category } = diagnostic;
  const ranges = [diagnostic.range, diagnostic.relatedRange].filter((range) => range !== null);
  const range = ranges.find(({ source }) => source !== null && isOwn(source.normalizedPath)) ?? ranges[0];
  const file = range?.source?.normalizedPath;
  const text = file === undefined ? undefined : texts.get(file);
  return {
    severity: category >= ERROR ? 'error' : 'warning',
    code: `${code >= 1000 ? 'TS' : 'AS'}${code}`,
    message: diagnostic.message.replace(USER_DEFINED, '$1'),
    file: file === undefined || file === ENTRY || file.startsWith('~lib/') ? entry : file,
    position: text === undefined || file?.startsWith('~lib/') ? undefined : positionAt(text, range?.start ?? 0),
  };
}

function isOwn(file: string): boolean {
  return file !== ENTRY && !file.startsWith('~lib/');
}

function positionAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: before.length - lineStart + 1 };
}
