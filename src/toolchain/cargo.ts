/** Compiles a function written in Rust with the `cargo` that the machine has. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { DEFAULT_MODULE_LIMITS } from '../compute/wasm/index.ts';
import { quoted } from '../kernel/index.ts';
import type { Compiled } from './assemblyscript.ts';
import { ToolchainError } from './errors.ts';
import { readBytes } from './files.ts';
import type { Finding } from './finding.ts';

/** What makes a folder a Rust function. */
export const RUST_ENTRY = 'Cargo.toml';

const TARGET = 'wasm32-wasip1';
const TIMEOUT_MS = 30 * 60_000;
const MAX_COMPLAINT = 4000;
const TARGET_MISSING = /can't find crate for `(?:core|std)`|target may not be installed/;

/** One line of cargo's output, as far as it matters. */
interface CargoLine {
  readonly reason?: string;
  readonly filenames?: readonly string[];
  readonly message?: {
    readonly level: string;
    readonly message: string;
    readonly code: { readonly code: string } | null;
    readonly spans: readonly {
      readonly is_primary: boolean;
      readonly file_name: string;
      readonly line_start: number;
      readonly column_start: number;
    }[];
  };
}

/**
 * Compiles the crates in `folders` of the project `directory` for {@link TARGET}, optimised; the answers have the same order.
 *
 * Their build scripts run with the rights and the environment of the user, as with `cargo build`. The modules' bytes depend
 * on the compiler and, because cargo mixes it into names, on the path of the crate.
 * @throws {ToolchainError} TOOLCHAIN_MISSING, TOOLCHAIN_CANCELLED
 */
export async function compileRust(
  directory: string,
  folders: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly Compiled[]> {
  const answers: Compiled[] = [];
  for (const folder of folders) answers.push(await compileCrate(directory, folder, signal));
  return answers;
}

async function compileCrate(directory: string, folder: string, signal: AbortSignal | undefined): Promise<Compiled> {
  const { lines, complaint, ok } = await runCargo(path.resolve(directory, folder), signal);
  if (TARGET_MISSING.test(complaint) || lines.some(({ message }) => TARGET_MISSING.test(message?.message ?? ''))) {
    throw new ToolchainError('TOOLCHAIN_MISSING', `Rust has no standard library for ${TARGET}`, {
      remedy: `run "rustup target add ${TARGET}"`,
    });
  }
  const findings = lines.flatMap((line) => findingsOf(line, path.join(directory, folder)));
  const failed = (message: string): Compiled => {
    const file = path.join(directory, folder, RUST_ENTRY);
    return {
      module: undefined,
      findings: [...findings, { severity: 'error', code: 'TOOLCHAIN_COMPILER_FAILED', message, file }],
    };
  };
  if (!ok) {
    if (findings.some(({ severity }) => severity === 'error')) return { module: undefined, findings };
    return failed(`cargo failed: ${quoted(firstError(complaint))}`);
  }
  const artifact = lines.flatMap((line) => line.filenames ?? []).findLast((name) => name.endsWith('.wasm'));
  const module = artifact === undefined ? undefined : await readBytes(artifact, DEFAULT_MODULE_LIMITS.maxModuleBytes);
  if (module === undefined) return failed('cargo made no module; set crate-type = ["cdylib"] in the [lib] section');
  return { module, findings };
}

interface CargoRun {
  readonly lines: readonly CargoLine[];
  readonly complaint: string;
  readonly ok: boolean;
}

function runCargo(crate: string, signal: AbortSignal | undefined): Promise<CargoRun> {
  const child = spawn('cargo', ['build', '--release', '--lib', '--target', TARGET, '--message-format', 'json'], {
    cwd: crate,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    ...(signal && { signal }),
  });
  return new Promise((resolve, reject) => {
    const lines: CargoLine[] = [];
    let complaint = '';
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(...parseLine(line));
    });
    child.stderr.on('data', (text: Uint8Array) => {
      complaint = (complaint + String(text)).slice(-MAX_COMPLAINT);
    });
    child.on('error', (cause) => reject(notRun(cause, signal)));
    child.on('close', (code) => resolve({ lines, complaint, ok: code === 0 }));
  });
}

/** What cargo says about the line; anything else that stands between its lines comes from build scripts. */
function parseLine(line: string): readonly CargoLine[] {
  if (!line.startsWith('{')) return [];
  try {
    return [JSON.parse(line) as CargoLine];
  } catch {
    return []; // no line of cargo's
  }
}

function notRun(cause: Error, signal: AbortSignal | undefined): ToolchainError {
  if (signal?.aborted) return new ToolchainError('TOOLCHAIN_CANCELLED', 'the build was cancelled', { cause });
  return new ToolchainError('TOOLCHAIN_MISSING', 'cargo, the build tool of Rust, cannot be run', {
    cause,
    remedy: `install Rust from https://rustup.rs and run "rustup target add ${TARGET}"`,
  });
}

function findingsOf({ reason, message }: CargoLine, shown: string): Finding[] {
  if (reason !== 'compiler-message' || message === undefined) return [];
  const span = message.spans.find((candidate) => candidate.is_primary);
  // "aborting due to 2 previous errors" and the like have no place and say nothing new.
  if (span === undefined || (message.level !== 'error' && message.level !== 'warning')) return [];
  return [
    {
      severity: message.level,
      code: message.code?.code ?? 'rustc',
      message: message.message,
      file: path.join(shown, span.file_name),
      position: { line: span.line_start, column: span.column_start },
    },
  ];
}

function firstError(complaint: string): string {
  return /^error.*$/m.exec(complaint)?.[0] ?? complaint.trim();
}
