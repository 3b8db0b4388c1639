/** Guests in languages, made with the compilers of this machine; each module is made once in a process. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { compileAssemblyScript } from './assemblyscript.ts';

/** A module, or in one line why there is none. */
export type Compiled = Uint8Array<ArrayBuffer> | Missing;

/** Why a guest cannot be made here, for a test to skip with. */
export interface Missing {
  readonly missing: string;
}

/** A program with a `main`, or a module whose exports are called, as its source says. */
export type WasiKind = 'command' | 'reactor';

const RUST_TARGET = 'wasm32-wasip1';
/** Where Debian puts wasi-libc. */
const SYSROOT = '/usr';
/** The first with exports. */
const GO_MINOR = 24;

const run = promisify(execFile);
const made = new Map<string, Promise<Compiled>>();
const probed = new Map<string, Promise<Missing | undefined>>();

/** Go for WASI preview 1: a source text, or the package in `folder`. */
export const compileGo = (source: string | { readonly folder: string }, kind: WasiKind): Promise<Compiled> =>
  once(`go ${kind} ${typeof source === 'string' ? source : source.folder}`, async () => {
    const missing = await probe('go', async () => {
      if (!(await works('go', 'version'))) return 'go is not installed';
      const version = (await run('go', ['env', 'GOVERSION'])).stdout.trim();
      const minor = Number(/^go1\.(\d+)/.exec(version)?.[1] ?? 0);
      return minor < GO_MINOR ? `${version} knows no exports; 1.${GO_MINOR} does` : undefined;
    });
    if (missing !== undefined) return missing;
    const mode = kind === 'reactor' ? ['-buildmode=c-shared'] : [];
    const target = { GOOS: 'wasip1', GOARCH: 'wasm', GOTOOLCHAIN: 'local' };
    return withOutput(async (output, folder) => {
      const args = ['build', ...mode, '-ldflags=-s -w', '-o', output];
      if (typeof source === 'string') {
        writeFileSync(path.join(folder, 'main.go'), source);
        const env = { ...process.env, ...target, GO111MODULE: 'off', GOFLAGS: '' };
        await run('go', [...args, 'main.go'], { cwd: folder, env });
      } else {
        await run('go', [...args, '.'], {
          cwd: source.folder,
          env: { ...process.env, ...target, GOFLAGS: '-mod=mod' },
        });
      }
    });
  });

/** C with clang and wasi-libc. */
export const compileC = (source: string, kind: WasiKind): Promise<Compiled> =>
  once(`c ${kind} ${source}`, async () => {
    const missing = await probe('c', async () =>
      (await works('clang')) && existsSync(`${SYSROOT}/lib/wasm32-wasi/libc.a`)
        ? undefined
        : 'clang with wasi-libc is not installed',
    );
    if (missing !== undefined) return missing;
    const model = kind === 'reactor' ? ['-mexec-model=reactor'] : [];
    const flags = ['--target=wasm32-wasi', `--sysroot=${SYSROOT}`, '-O1', ...model];
    return withOutput(async (output, folder) => {
      writeFileSync(path.join(folder, 'main.c'), source);
      await run('clang', [...flags, '-o', output, 'main.c'], { cwd: folder });
    });
  });

/** C without any library, the file `source`. */
export const compileBareC = (source: string): Promise<Compiled> =>
  once(`bare c ${source}`, async () => {
    for (const tool of ['clang', 'wasm-ld']) if (!(await works(tool))) return { missing: `${tool} is not installed` };
    const flags = ['--target=wasm32', '-nostdlib', '-O2', '-Wall', '-Werror', '-Wl,--no-entry'];
    return withOutput(async (output) => void (await run('clang', [...flags, '-o', output, source])));
  });

/** Rust for WASI preview 1, without any crate. */
export const compileRust = (source: string, kind: WasiKind): Promise<Compiled> =>
  once(`rust ${kind} ${source}`, async () => {
    const missing = await probeRust();
    if (missing !== undefined) return missing;
    const type = kind === 'reactor' ? ['--crate-type=cdylib'] : [];
    const flags = ['--edition=2021', `--target=${RUST_TARGET}`, '-O', '-Cstrip=symbols', ...type];
    return withOutput(async (output, folder) => {
      writeFileSync(path.join(folder, 'main.rs'), source);
      await run('rustc', [...flags, '-o', output, 'main.rs'], { cwd: folder });
    });
  });

/** The crate `name` of a Cargo workspace with a lock; what is built stays in `cache`, because its crates are fetched. */
export async function compileCrate(workspace: string, name: string, cache: string): Promise<Compiled> {
  const missing = await probe(`workspace ${workspace}`, async () => {
    const rust = await probeRust();
    if (rust !== undefined) return rust.missing;
    if (!(await works('cargo'))) return 'cargo is not installed';
    const place = {
      cwd: workspace,
      env: { ...process.env, CARGO_TARGET_DIR: cache, CARGO_NET_RETRY: '0', CARGO_HTTP_TIMEOUT: '10' },
    };
    try {
      await run('cargo', ['fetch', '--locked', '--target', RUST_TARGET], place);
    } catch {
      return 'cargo cannot fetch the published crates';
    }
    await run('cargo', ['build', '--release', '--offline', '--locked', '--target', RUST_TARGET], place);
    return undefined;
  });
  return missing ?? read(path.join(cache, RUST_TARGET, 'release', `${name.replaceAll('-', '_')}.wasm`));
}

/** AssemblyScript, which is always there. */
export const compileAs = (source: string): Promise<Compiled> =>
  once(`as ${source}`, async () => Uint8Array.from(await compileAssemblyScript(source)));

/** The compiler knows targets whose library is not installed. */
const probeRust = (): Promise<Missing | undefined> =>
  probe('rust', async () => {
    if (!(await works('rustc'))) return 'rustc is not installed';
    const { stdout } = await run('rustc', ['--print', 'target-libdir', '--target', RUST_TARGET]);
    return existsSync(stdout.trim()) ? undefined : `rustc has no standard library for ${RUST_TARGET}`;
  });

function once(key: string, compile: () => Promise<Compiled>): Promise<Compiled> {
  const known = made.get(key) ?? compile();
  made.set(key, known);
  return known;
}

function probe(key: string, look: () => Promise<string | undefined>): Promise<Missing | undefined> {
  const known = probed.get(key) ?? look().then((missing) => (missing === undefined ? undefined : { missing }));
  probed.set(key, known);
  return known;
}

async function works(tool: string, argument = '--version'): Promise<boolean> {
  try {
    await run(tool, [argument]);
    return true;
  } catch {
    return false; // not there, or not usable: the caller says so
  }
}

/** What `compile` writes to `output`; `folder` is its own, for sources. */
async function withOutput(
  compile: (output: string, folder: string) => Promise<void>,
): Promise<Uint8Array<ArrayBuffer>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'perigee-guest-'));
  try {
    const output = path.join(folder, 'out.wasm');
    await compile(output, folder);
    return read(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function read(file: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(file));
}
