import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A language that compiles to WASI preview 1, with what is needed of the machine. */
export interface WasiCompiler {
  /** Why it cannot be used here, for a test to skip with; false when it can. */
  readonly missing: string | false;
  /** Compiles one file; reactors have no `main` and export what their source says. */
  readonly compile: (source: string, kind?: 'command' | 'reactor') => Uint8Array<ArrayBuffer>;
}

function works(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs a compiler in a folder of its own, on the file `name`, and returns what it wrote to `out.wasm`. */
function build(
  name: string,
  source: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'perigee-wasi-'));
  try {
    writeFileSync(path.join(folder, name), source);
    execFileSync(command, args, {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return Uint8Array.from(readFileSync(path.join(folder, 'out.wasm')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Go with `GOOS=wasip1`. */
export const go: WasiCompiler = {
  missing: works('go', 'version') ? false : 'there is no Go compiler',
  compile: (source, kind = 'command') => {
    const mode = kind === 'reactor' ? ['-buildmode=c-shared'] : [];
    return build('main.go', source, 'go', ['build', ...mode, '-ldflags=-s -w', '-o', 'out.wasm', 'main.go'], {
      GOOS: 'wasip1',
      GOARCH: 'wasm',
      GO111MODULE: 'off',
      GOFLAGS: '',
    });
  },
};

const SYSROOT = '/usr';

/** C with clang and wasi-libc as Debian installs it. */
export const c: WasiCompiler = {
  missing:
    works('clang', '--version') && existsSync(`${SYSROOT}/lib/wasm32-wasi/libc.a`)
      ? false
      : 'there is no clang with wasi-libc',
  compile: (source, kind = 'command') => {
    const model = kind === 'reactor' ? ['-mexec-model=reactor'] : [];
    const target = ['--target=wasm32-wasi', `--sysroot=${SYSROOT}`, '-O1', ...model];
    return build('main.c', source, 'clang', [...target, '-o', 'out.wasm', 'main.c']);
  },
};

/** Rust for `wasm32-wasip1`. */
export const rust: WasiCompiler = {
  missing:
    works('rustc', '--target', 'wasm32-wasip1', '--print', 'target-libdir') && hasRustTarget()
      ? false
      : 'there is no Rust compiler for wasm32-wasip1',
  compile: (source, kind = 'command') => {
    const type = kind === 'reactor' ? ['--crate-type=cdylib'] : [];
    const args = ['--edition=2021', '--target=wasm32-wasip1', '-O', '-Cstrip=symbols', ...type];
    return build('main.rs', source, 'rustc', [...args, '-o', 'out.wasm', 'main.rs']);
  },
};

/** The compiler knows targets whose library is not installed. */
function hasRustTarget(): boolean {
  const folder = execFileSync('rustc', ['--target', 'wasm32-wasip1', '--print', 'target-libdir'], { encoding: 'utf8' });
  return existsSync(folder.trim());
}
