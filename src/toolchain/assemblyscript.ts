/**
 * Compiles functions written in AssemblyScript, in a process of its own: the compiler ends its process when it fails, keeps
 * hundreds of megabytes, and takes seconds during which nothing else could run.
 */
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { quoted } from '../kernel/index.ts';
import type { CompilerAnswer, CompilerJob } from './assemblyscript-process.ts';
import { ToolchainError } from './errors.ts';
import type { Finding } from './finding.ts';

/** Where a function's code begins, in its folder. */
export const ASSEMBLYSCRIPT_ENTRY = 'assembly/index.ts';

const COMPILER = 'assemblyscript/dist/asc.js';
/** For all functions together; a cold compiler on a small computer needs a minute for the first. */
const TIMEOUT_MS = 15 * 60_000;
const MAX_COMPLAINT = 2000;

/** One function, or why there is none. */
export interface Compiled {
  /** Absent when there are errors. */
  readonly module: Uint8Array | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Compiles the functions in `folders` of the project `directory`; the answers have the same order.
 * @throws {ToolchainError} TOOLCHAIN_MISSING, TOOLCHAIN_COMPILER_FAILED, TOOLCHAIN_CANCELLED
 */
export async function compileAssemblyScript(
  directory: string,
  folders: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly Compiled[]> {
  if (folders.length === 0) return [];
  const root = path.resolve(directory);
  const job: CompilerJob = {
    compiler: findCompiler([path.join(root, 'package.json'), import.meta.url]),
    library: fileURLToPath(new URL('../../sdk/assemblyscript/', import.meta.url)),
    entries: folders.map((folder) => `${folder}/${ASSEMBLYSCRIPT_ENTRY}`),
  };
  const answers = await runCompiler(root, job, signal);
  return answers.map(({ module, diagnostics }) => ({
    module,
    findings: diagnostics.map(({ file, ...rest }) => ({ ...rest, file: path.join(directory, file) })),
  }));
}

/**
 * The first compiler that a file in one of `places` would import: the application's own, else the one beside Perigee.
 * @throws {ToolchainError} TOOLCHAIN_MISSING
 */
export function findCompiler(places: readonly string[]): string {
  for (const place of places) {
    try {
      return createRequire(place).resolve(COMPILER);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) throw error;
    }
  }
  throw new ToolchainError('TOOLCHAIN_MISSING', 'the compiler for AssemblyScript is not installed', {
    remedy: 'run "npm install --save-dev assemblyscript" in the folder of the application',
  });
}

function runCompiler(
  root: string,
  job: CompilerJob,
  signal: AbortSignal | undefined,
): Promise<readonly CompilerAnswer[]> {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const child = fork(new URL(`./assemblyscript-process${extension}`, import.meta.url), [], {
    cwd: root,
    env: bareEnvironment(),
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    ...(signal && { signal }),
  });
  return new Promise((resolve, reject) => {
    const answers: CompilerAnswer[] = [];
    let complaint = '';
    child.stderr?.on('data', (text: Uint8Array) => {
      complaint = (complaint + String(text)).slice(-MAX_COMPLAINT);
    });
    // The child is ours and speaks one type of message.
    child.on('message', (answer) => answers.push(answer as CompilerAnswer));
    child.on('error', (cause) => reject(failed(signal, 'could not be run', cause)));
    // Answers may still be on their way when the process has ended: only then the channel is closed too.
    let open = 2;
    const end = (): void => {
      if (--open > 0) return;
      if (answers.length === job.entries.length) resolve(answers);
      else reject(failed(signal, `ended early: ${quoted(complaint.trim())}`, undefined));
    };
    child.on('disconnect', end);
    child.on('close', end);
    child.send(job);
  });
}

/** Nothing of the user's environment but what Windows needs to start a program. */
function bareEnvironment(): NodeJS.ProcessEnv {
  const { SystemRoot } = process.env;
  return SystemRoot === undefined ? {} : { SystemRoot };
}

function failed(signal: AbortSignal | undefined, what: string, cause: unknown): ToolchainError {
  if (signal?.aborted) return new ToolchainError('TOOLCHAIN_CANCELLED', 'the build was cancelled', { cause });
  return new ToolchainError('TOOLCHAIN_COMPILER_FAILED', `the compiler for AssemblyScript ${what}`, { cause });
}
